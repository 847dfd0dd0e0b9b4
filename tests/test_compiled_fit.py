"""fit with compiled steps against fit with eager ones: the same numbers, the same errors, the same side effects."""

from __future__ import annotations

import gc
import math
import random
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import Any

import numpy as np
import pytest

import nn
from autograd import AutogradError, NonFiniteError, Value, dot, log, primitive, uniform, where
from autograd.compiler import fallback
from autograd.compiler.compiled_training import Training
from autograd.compiler.forms import Samples
from autograd.errors import FallbackWarning
from autograd.primitives import gt
from nn.activations import ACTIVATIONS
from nn.training.compiled import CompiledSteps
from nn.training.eager import EagerSteps

pytestmark = pytest.mark.usefixtures("backend_in_time")

X, Y = nn.datasets.moons(60, noise=0.1, seed=2)
FEW = {"x": X[:24], "y": Y[:24]}  # where many trainings are compared

OPTIMISERS: dict[str, Callable[[list[Value]], nn.Optimizer]] = {
    "SGD": lambda p: nn.SGD(p, lr=0.1),
    "SGD, momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-3),
    "SGD, Nesterov": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "Adam": lambda p: nn.Adam(p, lr=0.01),
    "Adam, decay": lambda p: nn.Adam(p, lr=0.01, weight_decay=1e-2),
    "AdamW": lambda p: nn.AdamW(p, lr=0.01),
    "RMSprop": lambda p: nn.RMSprop(p, lr=0.01),
    "RMSprop, momentum": lambda p: nn.RMSprop(p, lr=0.001, momentum=0.9),
    "AdaGrad": lambda p: nn.AdaGrad(p, lr=0.1),
    "SGD, clipped by value": lambda p: nn.SGD(p, lr=0.1, clip_value=0.02, weight_decay=1e-2),
    "Adam, clipped by norm": lambda p: nn.Adam(p, lr=0.01, clip_norm=0.05),
    "RMSprop, clipped by both": lambda p: nn.RMSprop(p, lr=0.01, clip_value=0.05, clip_norm=0.08),
}


def both(
    model: Callable[[], nn.Module],
    optimiser: Callable[[list[Value]], nn.Optimizer] = OPTIMISERS["SGD"],
    x: Any = X,
    y: Any = Y,
    **settings: Any,
) -> list[tuple[nn.Module, nn.Optimizer, nn.History]]:
    """The model trained eagerly and compiled."""
    settings = {"loss": "bce_with_logits", "epochs": 50} | settings
    results = []
    for compiled in (False, True):
        made = model()
        used = optimiser(made.parameters())
        results.append((made, used, nn.fit(made, x, y, optimizer=used, compiled=compiled, **settings)))
    return results


def assert_same(results: list[tuple[nn.Module, nn.Optimizer, nn.History]], tolerance: float = 1e-9) -> None:
    (eager, used, history), (compiled, used_too, history_too) = results
    assert history_too.compiled is not None  # nothing fell back to the eager steps
    for name, p in eager.named_parameters().items():
        assert compiled.named_parameters()[name].data == pytest.approx(p.data, abs=tolerance)
        if p.requires_grad:
            assert compiled.named_parameters()[name].grad == pytest.approx(p.grad, abs=tolerance)
    for kind in ("loss", "data_loss", "val_loss", "lr"):
        assert getattr(history_too, kind) == pytest.approx(getattr(history, kind), abs=tolerance)
    for kind in ("metrics", "val_metrics"):
        found, expected = getattr(history_too, kind), getattr(history, kind)
        assert found == {name: pytest.approx(numbers, abs=tolerance) for name, numbers in expected.items()}
    assert used_too.t == used.t
    for one, two in zip(used.state, used_too.state, strict=True):
        assert two == pytest.approx(one, abs=tolerance)


def net() -> nn.Module:
    return nn.MLP(2, [6, 5, 1], activation="tanh", seed=3)


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("batch_size", [None, 7])
def test_fifty_epochs_of_every_optimiser_are_those_of_the_eager_steps(name: str, batch_size: int | None) -> None:
    assert_same(both(net, OPTIMISERS[name], batch_size=batch_size, seed=4, l1=1e-3, l2=1e-3, **FEW))


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "hinge", "bce_with_logits"])
@pytest.mark.parametrize("activation", [*ACTIVATIONS])
def test_every_loss_and_activation(loss: str, activation: str) -> None:
    assert_same(both(lambda: nn.MLP(2, [5, 1], activation=activation, seed=3), loss=loss, epochs=10, **FEW))


def test_classes_and_validation() -> None:
    x, y = nn.datasets.iris()
    x = nn.standardize(x)
    model = lambda: nn.MLP(4, [5, 3], activation="tanh", seed=1)  # noqa: E731  # a factory
    held_out = (x[100:], y[100:])
    assert_same(both(model, x=x[:100], y=y[:100], loss="cross_entropy", validation=held_out, batch_size=32, seed=1))


BLOCKS: dict[str, Callable[[], nn.Module]] = {
    "Residual": lambda: nn.Residual(layer(6, 4, 1), layer(4, 6, 2)),
    "Dropout": lambda: nn.Dropout(0.3, seed=5),
    "LayerNorm": lambda: nn.LayerNorm(6),
    "all": lambda: nn.Residual(nn.LayerNorm(6), layer(6, 6, 1), nn.Dropout(0.2, seed=1)),
}


def layer(nin: int, nout: int, seed: int) -> nn.Layer:
    return nn.Layer(nin, nout, activation="tanh", rng=random.Random(seed))


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_inside_and_at_the_end(name: str, batch_size: int | None) -> None:
    held_out = {"validation": (X[:9], Y[:9]), **FEW}
    inside = lambda: nn.Sequential(layer(2, 6, 3), BLOCKS[name](), layer(6, 1, 4))  # noqa: E731
    end = lambda: nn.Sequential(layer(2, 1, 3), nn.Dropout(0.5, seed=1), nn.Residual(layer(1, 1, 5)))  # noqa: E731
    for model, epochs in ((inside, 50 if name == "all" else 10), (end, 5)):
        assert_same(both(model, OPTIMISERS["Adam"], batch_size=batch_size, seed=4, epochs=epochs, **held_out))


SCHEDULES = [
    nn.StepDecay(10, 0.5), nn.ExponentialDecay(0.97), nn.CosineDecay(50), nn.Warmup(5, then=nn.CosineDecay(45)),
    nn.ReduceOnPlateau(0.5, patience=2, threshold=0.05),
]  # fmt: skip


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_schedules_metrics_and_early_stopping(schedule: Any) -> None:
    results = both(
        net, OPTIMISERS["SGD, momentum"], schedule=schedule, metrics=["accuracy", "f1", "r2", "mae"], batch_size=8,
        seed=2, validation=(X[30:40], Y[30:40]), callbacks=[nn.EarlyStopping(patience=30)], **FEW,
    )  # fmt: skip
    assert_same(results)
    assert len({*results[1][2].lr}) > 2
    assert [*results[1][2].val_metrics] == ["accuracy", "f1", "r2", "mae"]


def test_several_outputs() -> None:
    y = [[math.sin(a), a * b] for a, b in X]
    assert_same(both(lambda: nn.MLP(2, [4, 2], activation="tanh", seed=1), y=y, loss="mse", epochs=20))


def test_what_a_callback_changes_counts_in_the_next_epoch() -> None:
    results = []
    for compiled in (False, True):
        model = net()
        optimiser = nn.Adam(model.parameters(), lr=0.02)

        def change(history: nn.History, model: nn.Module, optimiser: nn.Optimizer = optimiser) -> bool:
            optimiser.lr *= 0.9
            if len(history.loss) == 3:
                model.parameters()[0].data = 0.5
            return len(history.loss) == 12

        fitted = nn.fit(
            model, X, Y, loss="hinge", optimizer=optimiser, epochs=50, callbacks=[change], compiled=compiled
        )
        assert len(fitted.loss) == 12
        results.append((model, optimiser, fitted))
    assert_same(results)


def test_layers_that_a_callback_freezes_and_unfreezes_train_as_eagerly() -> None:
    """As in fine-tuning; what was frozen has then taken fewer steps than the others, and Adam counts them."""

    def change(history: nn.History, model: nn.Module) -> None:
        first: nn.Layer = model.layers[0]  # type: ignore[attr-defined]  # it is an MLP
        {4: first.freeze, 9: first.unfreeze}.get(len(history.loss), lambda: None)()

    assert_same(both(net, OPTIMISERS["Adam, clipped by norm"], callbacks=[change], batch_size=20, l2=1e-3, seed=1))


def test_the_steps_after_an_unfreezing_are_machine_code_too(monkeypatch: pytest.MonkeyPatch) -> None:
    model = net()
    optimiser = nn.Adam(model.parameters(), lr=0.01)
    model.layers[0].freeze()  # type: ignore[attr-defined]
    nn.fit(model, X, Y, loss="hinge", optimizer=optimiser, epochs=2)
    model.unfreeze()
    monkeypatch.setattr(nn.training.compiled.EagerSteps, "step", None)
    nn.fit(model, X, Y, loss="hinge", optimizer=optimiser, epochs=2)
    assert {*optimiser.t} == {2, 4}


def test_a_callback_that_turns_dropout_off_does_so_in_machine_code_too() -> None:
    model = lambda: nn.Sequential(layer(2, 6, 3), nn.Dropout(0.3, seed=5), layer(6, 1, 4))  # noqa: E731  # a factory
    assert_same(
        both(model, epochs=6, callbacks=[lambda history, model: len(history.loss) == 3 and model.eval() and None])
    )


def test_a_model_that_is_frozen_whole_is_told_so_either_way() -> None:
    errors = []
    for compiled in (False, True):
        model = net().freeze()
        with pytest.raises(AutogradError, match="all its leaves are frozen") as caught:
            nn.fit(model, X, Y, loss="mse", optimizer=nn.SGD(model.parameters()), epochs=2, compiled=compiled)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


def test_frozen_parameters_stay_and_count_in_the_penalty() -> None:
    def model() -> nn.Module:
        made = nn.MLP(2, [4, 4, 1], activation="tanh", seed=1)
        made.layers[0].freeze()
        return made

    before = model().state_dict()
    results = both(model, OPTIMISERS["Adam, clipped by norm"], l1=1e-3, l2=1e-2, epochs=10)
    assert_same(results)
    after = results[1][0].state_dict()
    assert all(after[name] == x for name, x in before.items() if name.startswith("layers.0."))
    assert any(after[name] != x for name, x in before.items())


def test_an_l1_penalty_of_zeros_is_flat_and_of_others_is_their_sign() -> None:
    class Three(nn.Module):
        def __init__(self) -> None:
            self.w = [Value(0.0), Value(2.0), Value(-3.0)]

        def forward(self, x: Any) -> Any:
            return 0.0 * dot(self.w, [x[0]] * 3)

    results = both(Three, x=[1.0, 2.0], y=[0.0, 0.0], loss="mse", l1=0.5, epochs=1)
    for model, _, history in results:
        assert [p.data for p in model.parameters()] == pytest.approx([0.0, 2.0 - 0.1 * 0.5, -3.0 + 0.1 * 0.5])
        assert [p.grad for p in model.parameters()] == [0.0, 0.5, -0.5]
        assert history.loss == pytest.approx([0.5 * (2.0 + 3.0)])
        assert history.data_loss == [0.0]


def test_gradients_whose_squares_overflow_are_clipped_as_eagerly() -> None:
    clipped = lambda p: nn.SGD(p, lr=0.1, clip_norm=1.0)  # noqa: E731  # an optimiser in a line
    line = lambda: nn.Neuron(1, activation="linear", init=nn.constant(1.0))  # noqa: E731
    assert_same(both(line, clipped, x=[1e100, 3e100], y=[-1e100, 1e100], loss="mse", epochs=4))


def test_training_goes_on_where_it_stopped() -> None:
    def twice(compiled: bool) -> list[float]:
        model = net()
        optimiser = nn.Adam(model.parameters(), lr=0.02)
        for epochs in (3, 5):
            nn.fit(model, X, Y, loss="hinge", optimizer=optimiser, epochs=epochs, compiled=compiled)
        return [p.data for p in model.parameters()]

    assert twice(True) == pytest.approx(twice(False), abs=1e-9)


def test_a_layer_used_twice() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            self.inner = nn.Layer(2, 2, activation="tanh", rng=random.Random(1))
            self.out = nn.Layer(2, 1, activation="linear", rng=random.Random(2))

        def forward(self, x: Any) -> Any:
            return self.out(self.inner(self.inner(x)))

    assert_same(both(Tied, epochs=20))


def raised(compiled: bool, model: nn.Module, x: Any, y: Any, **settings: Any) -> tuple[str, str, list[float]]:
    optimiser = nn.SGD(model.parameters(), lr=settings.pop("lr", 0.1))
    with pytest.raises((ArithmeticError, ValueError, NonFiniteError)) as caught:
        nn.fit(model, x, y, optimizer=optimiser, compiled=compiled, **settings)
    return type(caught.value).__name__, str(caught.value), [p.data for p in model.parameters()]


class Logarithm(nn.Module):
    def __init__(self) -> None:
        self.w = Value(1.0, label="w")

    def forward(self, x: Any) -> Any:
        return log(self.w * x[0])


@pytest.mark.parametrize("batch_size", [None, 2])
def test_an_error_of_the_forward_is_the_eager_one_with_epoch_and_row(batch_size: int | None) -> None:
    x, y = [1.0, 2.0, 0.5, -1.0, 3.0], [0.0] * 5
    found = [
        raised(compiled, Logarithm(), x, y, loss="mse", epochs=5, batch_size=batch_size, seed=1)
        for compiled in (False, True)
    ]
    assert found[0][:2] == found[1][:2]
    assert "epoch 1, row 3" in found[1][1]
    assert found[1][2] == pytest.approx(found[0][2], abs=1e-12)


def test_what_is_in_a_penalty_and_not_moved_is_added_in_the_order_of_the_model() -> None:
    """In that of a set, which goes by addresses, the same training would have other bits in another process."""

    class Backwards(nn.Module):
        def __init__(self) -> None:
            self.w = [Value(0.1 * i, requires_grad=i < 3) for i in range(40)][::-1]

        def forward(self, x: Any) -> Any:
            return self.w[-1] * x[0] + self.w[-2] + self.w[-3]

    model = Backwards()
    optimiser = nn.SGD(model.parameters(), lr=0.1)
    steps = CompiledSteps(
        EagerSteps(model, np.ones((2, 1)), np.ones(2), nn.mse, optimiser, partial(nn.penalty, l2=0.1))
    )
    assert steps.still == model.w[:-3]


@pytest.mark.filterwarnings("ignore::nn.DivergenceWarning")  # given before the error on a slow machine alone
def test_a_training_that_diverges_keeps_the_last_finite_parameters() -> None:
    square = lambda p, t: (p - t) * (p - t)  # noqa: E731  # a loss in a line
    found = [
        raised(compiled, nn.MLP(1, [1], seed=1), [1e3, 2e3], [1.0, 2.0], loss=square, epochs=10_000, lr=1.0)
        for compiled in (False, True)
    ]
    assert found[0][0] == found[1][0] == "NonFiniteError"
    assert found[0][1].split(":")[1] == found[1][1].split(":")[1]  # the same epoch and row
    assert all(map(math.isfinite, found[1][2]))
    assert found[1][2] == pytest.approx(found[0][2], rel=1e-9)


class Exchange(nn.Optimizer):
    """A parameter and what is kept for it change places, and grow smaller."""

    states = 1

    def rule(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        return 0.9 * state[0], 0.9 * p


def test_a_rule_reads_all_numbers_before_it_changes_one() -> None:
    assert_same(both(net, lambda p: Exchange(p, lr=0.1), epochs=5))


@pytest.mark.parametrize("kind", [nn.Adam, Exchange])  # one changes the numbers where they are, one does not
@pytest.mark.parametrize("good", [0, 3])
def test_of_several_steps_those_before_one_that_is_not_finite_are_taken(kind: Any, good: int) -> None:
    w, rows = Value(0.5), np.array([[1.0], [2.0], [3.0], [math.inf], [1.0]])[3 - good :]
    trainings = [Training(lambda x: (w * x[0] - 1.0) ** 2, [Samples([rows])], [w], kind([w], lr=0.1)) for _ in "ab"]
    for training, steps in zip(trainings, (len(rows), good), strict=True):
        training.load(0.1, 0, [[0.25]] * kind.states)
        if steps:
            assert len(training.run(rows, None, [[i, i + 1] for i in range(steps)])) == good
    states = [(training.store(), w.data, training.steps_taken()) for training in trainings]
    assert states[0] == states[1]
    assert states[0][2] == good


def test_a_branch_that_is_not_taken_may_be_infinite() -> None:
    """The compiled step meets 0 · inf there; the answer is the eager one."""

    class Branch(nn.Module):
        def __init__(self) -> None:
            self.w = Value(0.5)

        def forward(self, x: Any) -> Any:
            return where(gt(x[0], 0.0), (self.w * x[0] * x[0]).sqrt(), self.w)

    assert_same(both(Branch, x=[1.0, 0.0, 2.0, 0.0], y=[1.0, 2.0, 0.0, 1.0], loss="mse", epochs=5))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda x: x if x > 0 else 0.1 * x, "lt, gt"),
        (lambda x: max(x, 0.1 * x), "maximum"),
        (lambda x: x * x.data, "no numbers yet"),
        (lambda x: x * x.detach(), "no numbers yet"),
        (lambda x: x * random.gauss(1.0, 0.1), "did something else"),
    ],
    ids=["if", "max", "data", "detach", "random"],
)
def test_what_cannot_be_traced_trains_eagerly_with_a_warning_that_says_why(
    change: Callable[[Any], Any], why: str
) -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            self.w = [Value(0.3), Value(-0.2)]

        def forward(self, x: Any) -> Any:
            return change(dot(self.w, x, 0.1))

    model = Own()
    with pytest.warns(FallbackWarning, match=f"^fit: training eagerly(?s:.*){why}") as found:
        history = nn.fit(model, X, Y, loss="mse", optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=3)
    assert len(found) == 1
    assert len(history.loss) == 3


class Bent(nn.Module):
    """A model with a primitive of one's own, to be given."""

    def __init__(self, bend: Any) -> None:
        self.w, self.bend = [Value(0.3), Value(-0.2)], bend

    def forward(self, x: Any) -> Any:
        return self.bend(dot(self.w, x, 0.1))


def test_a_primitive_that_cannot_be_compiled_is_called_for_each_number(backend_in_time: str) -> None:
    cubed = primitive("cubed", lambda x: x * x * x, lambda x, out: (3.0 * x * x,))
    shrunk = primitive("shrunk", lambda x: math.copysign(math.sqrt(abs(x)), x), lambda x, out: (0.5 / abs(out),))
    assert_same(both(lambda: Bent(cubed), loss="mse", epochs=5))
    why = "^NumPy runs what was compiled.*the primitive 'shrunk' cannot be compiled"
    with pytest.warns(FallbackWarning, match=why) if backend_in_time != "NumPy" else nullcontext():
        assert_same(both(lambda: Bent(shrunk), loss="mse", epochs=5))


def test_an_optimizer_that_exec_has_made_is_compiled_though_it_is_of_no_module() -> None:
    space: dict[str, Any] = {"Adam": nn.Adam}
    exec(
        "class Mine(Adam):\n    def update(self, p, g, lr, *others):\n        return super().update(p, g, lr, *others)",
        space,
    )
    assert space["Mine"].update.__module__ is None
    losses = []
    for kind in (space["Mine"], nn.Adam):
        model = nn.MLP(2, [3, 1], seed=1)
        X, y = [[0.5, -1.0], [2.0, 1.0]], [0.0, 1.0]
        history = nn.fit(model, X, y, loss="mse", optimizer=kind(model.parameters()), epochs=3)
        assert history.compiled is not None
        losses.append(history.loss)
    assert losses[0] == losses[1]


def test_an_optimizer_with_a_step_of_its_own_trains_eagerly() -> None:
    class Halving(nn.SGD):
        def step(self) -> None:
            for p in self.parameters:
                p.data *= 0.5

    model = net()
    with pytest.warns(FallbackWarning, match="Halving has a step of its own: write its rule as update"):
        nn.fit(model, X, Y, loss="mse", optimizer=Halving(model.parameters()), epochs=2)


def test_a_mistake_in_a_model_is_not_taken_for_something_that_cannot_be_compiled() -> None:
    model = Bent(lambda x: x.no_such_method())
    with pytest.raises(AttributeError, match="no_such_method"):
        nn.fit(model, X, Y, loss="mse", optimizer=nn.SGD(model.parameters()), epochs=2)


@pytest.mark.usefixtures("without_llvmlite")
def test_without_llvmlite_numpy_trains_and_a_line_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallback, "reported", set())
    model = net()
    settings: Any = {"loss": "mse", "optimizer": nn.SGD(model.parameters(), lr=0.1), "epochs": 2}
    with pytest.warns(FallbackWarning, match="^NumPy runs what.*llvmlite is not installed. Install it") as found:
        nn.fit(model, X, Y, **settings)
    nn.fit(model, X, Y, **settings)  # without a further warning, which would be an error here
    assert [warning.filename for warning in found] == [__file__]


def test_a_model_that_keeps_its_inputs_trains_eagerly_and_gains_no_parameters() -> None:
    class Keeps(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Layer(2, 1, rng=random.Random(1))
            self.kept: list[Any] = []

        def forward(self, x: Any) -> Any:
            self.kept.append(x)
            return self.layer(x)

    model = Keeps()
    with pytest.warns(FallbackWarning, match=r"Keeps\.kept changed while the function was traced"):
        nn.fit(model, X, Y, loss="mse", optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=2)
    assert model.kept == X[:1] + X + X  # the targets are tried on the first row
    assert len(model.parameters()) == 3


def test_history_tells_what_was_compiled() -> None:
    (_, _, eager), (_, _, compiled) = both(net, epochs=2)
    assert eager.compiled is None
    assert compiled.compiled is not None
    assert compiled.compiled.operations > 30
    assert compiled.compiled.seconds > 0.0


def test_an_interrupt_while_what_was_learned_is_put_back_is_no_half_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.compiler.compiled_training import Training

    model, same = (nn.MLP(2, [4, 1], activation="tanh", seed=1) for _ in range(2))
    optimiser, other = (nn.Adam(m.parameters(), lr=0.01) for m in (model, same))
    steps_taken, interrupts = Training.steps_taken, [KeyboardInterrupt()]

    def interrupted(training: Training) -> int:  # which is asked between the parameters and the optimiser
        if interrupts:
            raise interrupts.pop()
        return steps_taken(training)

    monkeypatch.setattr(Training, "steps_taken", interrupted)
    history = nn.fit(model, X, Y, loss="bce_with_logits", optimizer=optimiser, epochs=50)
    assert history.interrupted
    (taken,) = {*optimiser.t}
    assert taken > 0
    nn.fit(same, X, Y, loss="bce_with_logits", optimizer=other, epochs=taken)
    assert [p.data for p in model.parameters()] == [p.data for p in same.parameters()]
    assert (optimiser.t, optimiser.state) == (other.t, other.state)


@pytest.mark.timeout(method="thread")  # the other method is the timer that the test takes for itself
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that interrupts")
def test_an_interrupt_in_mid_epoch_keeps_what_was_learned_and_the_optimiser_in_step() -> None:
    """As by another handler than Python's own, or by a second Ctrl-C: the steps that were taken count."""
    model = nn.MLP(2, [16, 16, 1], activation="tanh", seed=1)
    optimiser = nn.Adam(model.parameters(), lr=0.001)
    nn.fit(model, X, Y, loss="bce_with_logits", optimizer=optimiser, epochs=1)
    before = [p.data for p in model.parameters()]

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    usual = signal.signal(signal.SIGALRM, interrupt)
    gc.disable()  # an exception raised within a callback of the collector, such as hypothesis's, goes nowhere
    signal.setitimer(signal.ITIMER_REAL, 0.6)
    try:
        history = nn.fit(model, X, Y, loss="bce_with_logits", optimizer=optimiser, epochs=10**9)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        gc.enable()
        signal.signal(signal.SIGALRM, usual)
    assert history.interrupted
    taken = {*optimiser.t}
    assert len(taken) == 1
    assert taken.pop() > len(history.loss) > 1
    assert all(p.data != x and math.isfinite(p.data) for p, x in zip(model.parameters(), before, strict=True))


def test_an_exception_of_a_callback_leaves_the_parameters_of_its_epoch() -> None:
    def train(compiled: bool) -> list[float]:
        model = net()

        def fail(history: nn.History, model: nn.Module) -> None:
            if len(history.loss) == 5:
                raise RuntimeError("stop here")

        with pytest.raises(RuntimeError, match="stop here"):
            nn.fit(model, X, Y, loss="mse", optimizer=nn.Adam(model.parameters()), epochs=50, callbacks=[fail],
                   compiled=compiled)  # fmt: skip
        return [p.data for p in model.parameters()]

    assert train(True) == pytest.approx(train(False), abs=1e-12)


def test_trainings_in_several_threads_are_those_of_one_after_the_other() -> None:
    def train(seed: int) -> list[float]:
        model = nn.MLP(2, [5, 1], activation="tanh", seed=seed)
        nn.fit(
            model, X, Y, loss="mse", optimizer=nn.Adam(model.parameters(), lr=0.01), epochs=30, compiled=seed % 2 == 0
        )
        return [p.data for p in model.parameters()]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(train, range(6)))
    assert together == [train(seed) for seed in range(6)]


class Noisy(nn.Module):
    """Noise on the input, as of a dropout, and a logarithm that fails for some of it."""

    def __init__(self, spread: float) -> None:
        self.inner = nn.MLP(2, [4, 1], activation="tanh", seed=2)
        self.rng, self.spread = random.Random(7), spread

    def forward(self, x: Any) -> Any:
        kept = [where(gt(uniform(self.rng), 0.25), xi, 0.0) for xi in x]
        return self.inner(kept) + log(1.0 - self.spread * uniform(self.rng))


@pytest.mark.parametrize("batch_size", [None, 7])
def test_noise_in_training_is_the_eager_noise(batch_size: int | None) -> None:
    results = both(lambda: Noisy(0.5), loss="mse", batch_size=batch_size, seed=3, epochs=20)
    assert_same(results)
    assert results[0][0].rng.getstate() == results[1][0].rng.getstate()  # type: ignore[attr-defined]


def test_a_step_that_fails_by_its_noise_fails_as_eagerly() -> None:
    errors = []
    for compiled in (False, True):
        model = Noisy(1.02)
        sgd = nn.SGD(model.parameters(), lr=0.01)
        with pytest.raises(ValueError, match=r"epoch \d+, row \d+: math domain error") as caught:
            nn.fit(model, X, Y, loss="mse", optimizer=sgd, batch_size=9, seed=1, epochs=50, compiled=compiled)
        errors.append((str(caught.value), model.rng.getstate()))
    assert errors[0] == errors[1]


def test_a_recurrent_model_of_layers_begins_with_plain_numbers() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            self.cell = nn.Layer(3, 2, activation="tanh", rng=random.Random(1))
            self.out = nn.Layer(2, 1, activation="linear", rng=random.Random(2))

        def forward(self, x: Any) -> Any:
            state: list[Any] = [0.0, 0.0]
            for xi in x:
                state = self.cell([xi, *state])
            return self.out(state)

    assert_same(both(Recurrent, epochs=20))
