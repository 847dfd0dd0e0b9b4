"""What runs a compiled program: machine code, NumPy where there is no llvmlite, and Values one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from autograd import jit
from nn import MLP

from . import works
from .compiled import CLOSE, loss_difference
from .contenders import with_stepgrad
from .gpt import with_stepgrad as of_gpt
from .gpt.work import names
from .hiding import Programs, without_llvmlite
from .table import Aim, Row, duration, table
from .timing import best, per_epoch

MACHINE, NUMPY, EAGER = "machine code", "NumPy", "eager"
HEAD = ("program", MACHINE, NUMPY, EAGER, "NumPy ÷ machine code", "eager ÷ NumPy")
AT_MOST = 1 / 20  # of the eager time
ROWS, FEW = 100_000, 200

Train = Callable[..., Any]


def run() -> list[Row]:
    """Print the table; its rows."""
    rows = [*all_rows()]
    print(table(HEAD, rows))
    print("\nA step is forward, backward and update, through fit, one of many in a long training.  Float64 everywhere.")
    print(f"An eager call of the model is that of {FEW} rows, times {ROWS // FEW}.")
    return rows


def all_rows() -> Iterator[Row]:
    for work in (works.moons(), works.digits(), works.sigmoid_program()):
        yield row(f"a step of {work.name}", steps(partial(with_stepgrad.train, work), work.steps))
    a_few = names(count=20)
    yield row("a name, a GPT of 4,192 parameters", steps(partial(of_gpt.train, a_few), a_few.steps))
    yield row(f"jit of an MLP 2-16-16-1, {ROWS:,} rows", calls())


def row(what: str, found: dict[str, float]) -> Row:
    to_machine, to_eager = found[NUMPY] / found[MACHINE], found[EAGER] / found[NUMPY]
    results = (*map(duration, found.values()), f"{to_machine:.1f}", f"{to_eager:,.0f}")
    return Row(what, results, (Aim(1.0 / to_eager, AT_MOST, "of eager"),))


def steps(train: Train, count: int) -> dict[str, float]:
    """CPU time of a step by each, of so many in an epoch."""
    actions = {MACHINE: train, NUMPY: by_numpy(train), EAGER: partial(train, compiled=False)}
    difference = loss_difference(actions[NUMPY](3), train(3))
    if not difference <= CLOSE:
        raise SystemExit(f"the losses by NumPy differ by {difference:.1e} from those by machine code")
    return {name: epoch / count for name, epoch in per_epoch(actions, turns=3, seconds=0.1).items()}


def calls() -> dict[str, float]:
    """CPU time of a model's call on columns by each."""
    model = MLP(2, [16, 16, 1], activation="tanh", seed=1)
    columns = [*np.random.default_rng(1).normal(size=(2, ROWS))]
    few = np.array(columns).T[:FEW].tolist()
    compiled, other = jit(model), jit(model)
    actions = {
        MACHINE: lambda: compiled(columns),
        NUMPY: by_numpy(lambda: other(columns)),
        EAGER: lambda: [model(x) for x in few],
    }
    found = best(actions, turns=5, warm=True)
    found[EAGER] *= ROWS / FEW
    return found


def by_numpy(action: Callable[..., Any]) -> Callable[..., Any]:
    """An action in a world without llvmlite, which knows what was compiled there."""
    programs: Programs = [{}, {}]

    def run(*args: Any) -> Any:
        with without_llvmlite(programs):
            return action(*args)

    return run
