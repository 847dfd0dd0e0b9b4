"""How long a training, a step and a prediction take that were compiled before, for another model of the same shape."""

from __future__ import annotations

import time
from collections.abc import Callable

from .table import Aim, Row, duration, table

MANY, AIM, AIM_OF_MANY = 200, 0.005, 1.0  # trainings; seconds for one, and for all of them


def run() -> list[Row]:
    """Print the table; its rows."""
    from autograd import compile_loss
    from nn import MLP, SGD, datasets, evaluate, fit, predict

    X, y = datasets.moons(200, noise=0.1, seed=1)
    models = [MLP(2, [16, 16, 1], seed=seed) for seed in range(MANY)]

    def train(seed: int) -> None:
        optimizer = SGD(models[seed].parameters(), lr=0.01 + 0.001 * seed)
        fit(models[seed], X, y, loss="hinge", optimizer=optimizer, epochs=50, progress=False)

    def step(seed: int) -> None:
        model = models[seed]
        columns = [x for x, _ in X], [x for _, x in X], [2.0 * t - 1.0 for t in y]
        compile_loss(lambda a, b, t: (1.0 - t * model([a, b])).relu(), model.parameters())(*columns)

    whole = [seconds(train, seed) for seed in range(MANY)]
    best, many = min(whole[1:]), sum(whole[1:])
    rows = [
        Row("fit, moons, 50 epochs", (duration(whole[0]), duration(best)), (Aim(best, AIM, shown=duration),)),
        Row(f"{MANY} of them", ("", duration(many)), (Aim(many, AIM_OF_MANY, shown=duration),)),
    ]
    others: dict[str, Callable[[int], object]] = {
        "compile_loss, its first step": step,
        "predict": lambda seed: predict(models[seed], X),
        "evaluate": lambda seed: evaluate(models[seed], X, y, loss="hinge"),
    }
    for name, call in others.items():
        times = [seconds(call, seed) for seed in range(20)]
        rows.append(Row(name, (duration(times[0]), duration(min(times[1:])))))
    print(table(("seconds of the processor", "the first", "best of the others"), rows))
    print("\nEach is for a model of its own, 2-16-16-1, with another seed and learning rate, over 200 rows.")
    return rows


def seconds(call: Callable[[int], object], seed: int) -> float:
    start = time.process_time()
    call(seed)
    return time.process_time() - start
