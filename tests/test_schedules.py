"""Schedules: their formulas, PyTorch's numbers, and what fit does with them."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from nn import CosineDecay, ExponentialDecay, LinearDecay, ReduceOnPlateau, StepDecay, Warmup

# From torch.optim.lr_scheduler 2.13, at a learning rate of 0.5, epoch by epoch.
PYTORCH = {
    StepDecay(3, gamma=0.5): [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125],  # StepLR(step_size=3, gamma=0.5)
    ExponentialDecay(0.9): [0.5, 0.45, 0.405, 0.3645, 0.32805, 0.295245, 0.2657205],  # ExponentialLR(0.9)
    CosineDecay(4, floor=0.1): [  # CosineAnnealingLR(T_max=4, eta_min=0.1)
        0.5, 0.44142135623730951, 0.3, 0.15857864376269048, 0.1, 0.15857864376269048, 0.3,
    ],
    LinearDecay(4): [0.5, 0.375, 0.25, 0.125, 0.0, 0.0, 0.0],  # LinearLR(1.0, end_factor=0.0, total_iters=4)
    Warmup(4, start=0.2): [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5],  # LinearLR(start_factor=0.2, total_iters=4)
    Warmup(2, then=StepDecay(2, gamma=0.1)): [  # SequentialLR of LinearLR(total_iters=2) and StepLR(2), milestones=[2]
        0.16666666666666666, 0.33333333333333331, 0.5, 0.5, 0.05, 0.05, 0.005,
    ],
}  # fmt: skip


@pytest.mark.parametrize("schedule", PYTORCH, ids=repr)
def test_the_learning_rates_are_those_of_pytorch(schedule):
    found = [schedule(0.5, epoch, [1.0] * epoch) for epoch in range(7)]
    assert found == pytest.approx(PYTORCH[schedule], rel=1e-12)


LOSSES = [5.0, 4.0, 4.5, 4.0, 3.9999, 4.2, 3.0, 3.1, 3.1, 3.1, 3.1, 3.1, 3.1, 2.0]


def test_reduce_on_plateau_is_that_of_pytorch():
    """ReduceLROnPlateau(factor=0.5, patience=2, threshold=1e-4, min_lr=0.1), its step(loss) after each epoch."""
    schedule = ReduceOnPlateau(factor=0.5, patience=2, floor=0.1)
    found = [schedule(0.5, epoch, LOSSES[:epoch]) for epoch in range(len(LOSSES) + 1)]
    # 4.5, 4.0 and 3.9999 are no better than 4.0, so the third of them halves; and so on down to the floor
    expected = [0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.1, 0.1]
    assert found == expected


def test_reduce_on_plateau_never_raises_a_rate_to_its_floor():
    assert ReduceOnPlateau(patience=0, floor=0.1)(0.01, 3, [1.0, 1.0, 1.0]) == 0.01


@given(losses=st.lists(st.floats(0.0, 10.0), max_size=30), patience=st.integers(0, 5))
def test_reduce_on_plateau_only_goes_down_by_its_factor(losses, patience):
    schedule = ReduceOnPlateau(factor=0.5, patience=patience)
    rates = [schedule(1.0, epoch, losses[:epoch]) for epoch in range(len(losses) + 1)]
    assert all(new in (old, 0.5 * old) for old, new in itertools.pairwise(rates))
    assert rates[-1] >= 0.5 ** (len(losses) // (patience + 1))


def test_a_warm_up_hands_over_to_a_plateau_that_starts_counting_then():
    plateau = ReduceOnPlateau(factor=0.1, patience=1)
    schedule = Warmup(3, then=plateau)
    losses = [1.0] * 8
    assert [schedule(1.0, e, losses[:e]) for e in range(3, 9)] == [plateau(1.0, e, losses[:e]) for e in range(6)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StepDecay(0), "StepDecay: every must be 1 or more, not 0"),
        (lambda: StepDecay(2, gamma=-1.0), r"StepDecay: gamma must be 0 or more, not -1\.0"),
        (lambda: ExponentialDecay(math.inf), "ExponentialDecay: gamma must be 0 or more, not inf"),
        (lambda: CosineDecay(0), "CosineDecay: epochs must be 1 or more, not 0"),
        (lambda: Warmup(0), "Warmup: epochs must be 1 or more, not 0"),
        (lambda: ReduceOnPlateau(patience=-1), "ReduceOnPlateau: patience must be 0 or more, not -1"),
    ],
)
def test_settings_that_make_no_schedule_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- in fit ----------------------------------------------------------------------------------------------------


def train(compiled, **settings):
    model = nn.MLP(1, [3, 1], activation="tanh", seed=1)
    optimizer = nn.SGD(model.parameters(), lr=0.5)
    settings = {"loss": "mse", "epochs": 7} | settings
    history = nn.fit(model, [0.0, 1.0, 2.0], [1.0, 0.0, 1.0], optimizer=optimizer, compiled=compiled, **settings)
    return model, optimizer, history


@pytest.mark.parametrize("compiled", [False, True])
def test_fit_sets_the_rate_before_each_epoch_and_gives_the_optimiser_its_own_back(compiled):
    rates = PYTORCH[schedule := CosineDecay(4, floor=0.1)]
    model, optimizer, history = train(compiled, schedule=schedule)
    assert history.lr == pytest.approx(rates)
    assert optimizer.lr == 0.5
    by_hand = nn.MLP(1, [3, 1], activation="tanh", seed=1)
    for lr in rates:
        nn.fit(by_hand, [0.0, 1.0, 2.0], [1.0, 0.0, 1.0], loss="mse", epochs=1, compiled=compiled,
               optimizer=nn.SGD(by_hand.parameters(), lr=lr))  # fmt: skip
    assert [p.data for p in model.parameters()] == pytest.approx([p.data for p in by_hand.parameters()], rel=1e-12)


def test_a_callback_sees_the_rate_of_its_epoch():
    model = nn.MLP(1, [3, 1], seed=1)
    optimizer = nn.SGD(model.parameters(), lr=0.5)
    seen = []
    nn.fit(model, [0.0, 1.0], [1.0, 0.0], loss="mse", optimizer=optimizer, epochs=3, schedule=ExponentialDecay(0.5),
           callbacks=[lambda *_: seen.append(optimizer.lr)], compiled=False)  # fmt: skip
    assert seen == [0.5, 0.25, 0.125]


def test_a_schedule_goes_by_the_validation_loss_where_there_is_one():
    given = []

    def record(lr, epoch, losses):
        given.append((lr, epoch, list(losses)))
        return lr / (1 + epoch)

    _, _, history = train(False, schedule=record, validation=([1.0], [0.0]), epochs=3)
    assert given == [(0.5, epoch, history.val_loss[:epoch]) for epoch in range(3)]
    assert history.lr == [0.5, 0.25, 0.5 / 3]
    given.clear()
    _, _, history = train(False, schedule=record, epochs=3)
    assert given == [(0.5, epoch, history.loss[:epoch]) for epoch in range(3)]


def test_the_optimiser_has_its_rate_back_after_an_error_too():
    model = nn.MLP(1, [1], seed=1)
    optimizer = nn.SGD(model.parameters(), lr=0.5)

    def fail(*_):
        raise RuntimeError("stop here")

    with pytest.raises(RuntimeError):
        nn.fit(model, [1.0], [1.0], loss="mse", optimizer=optimizer, epochs=2, schedule=ExponentialDecay(0.1),
               callbacks=[fail], compiled=False)  # fmt: skip
    assert optimizer.lr == 0.5


@pytest.mark.parametrize("lr", ["0.1", None, [0.1]])
def test_a_rate_that_is_no_number_is_refused(lr):
    model = nn.MLP(1, [1], seed=1)
    with pytest.raises(TypeError):
        nn.fit(model, [1.0], [1.0], loss="mse", optimizer=nn.SGD(model.parameters()), epochs=1, schedule=lambda *_: lr)
