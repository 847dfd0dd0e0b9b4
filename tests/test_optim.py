"""Optimisers against PyTorch's own numbers, recorded in reference_optimisers.json, and what they refuse."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import NonFiniteError, Value

REFERENCE = json.loads(Path(__file__).with_name("reference_optimisers.json").read_text(encoding="utf-8"))
OPTIMISERS = [nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop, nn.AdaGrad]


def objective(ps: list[Value]) -> Value:
    """The function of the reference file: a bowl, and a product that couples three of the parameters."""
    bowl = [c * (p - t) ** 2 for c, p, t in zip(REFERENCE["curvature"], ps, REFERENCE["target"], strict=True)]
    return sum(bowl, 0.1 * ps[0] * ps[1] * ps[2])


def title(case: dict) -> str:
    settings = ", ".join(f"{name}={x}" for name, x in case["settings"].items())
    return f"{case['optimizer']}({settings})" + (" paused" if "pause" in case else "")


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=title)
def test_the_parameters_are_those_of_pytorch(case):
    ps = [Value(x) for x in REFERENCE["start"]]
    settings = {name: tuple(x) if isinstance(x, list) else x for name, x in case["settings"].items()}
    optimizer = getattr(nn, case["optimizer"])(ps, **settings)
    pause = range(*case["pause"]) if "pause" in case else ()
    checked = 0
    for step in range(REFERENCE["steps"]):
        ps[2].requires_grad = step not in pause
        optimizer.zero_grad()
        objective(ps).backward()
        optimizer.step()
        if str(step + 1) in case["after"]:
            checked += 1
            assert [p.data for p in ps] == pytest.approx(case["after"][str(step + 1)], rel=1e-12, abs=1e-15)
    assert checked == len(case["after"]) == 4


def test_the_reference_covers_every_optimiser_and_option():
    told = {(case["optimizer"], name) for case in REFERENCE["cases"] for name in case["settings"]}
    assert told >= {
        *((optimiser.__name__, name) for optimiser in OPTIMISERS for name in ("lr", "weight_decay")),
        ("SGD", "momentum"), ("SGD", "nesterov"),
        ("Adam", "betas"), ("Adam", "eps"), ("AdamW", "betas"), ("AdamW", "eps"),
        ("RMSprop", "alpha"), ("RMSprop", "eps"), ("RMSprop", "momentum"), ("AdaGrad", "eps"),
    }  # fmt: skip


@pytest.mark.parametrize("case", REFERENCE["cases"][::2], ids=title)
def test_the_rules_are_ordinary_arithmetic_and_work_on_values_too(case):
    """That is what lets a rule be traced, drawn and compiled like any other function."""
    settings = {name: tuple(x) if isinstance(x, list) else x for name, x in case["settings"].items()}
    optimizer = getattr(nn, case["optimizer"])([Value(0.0)], **settings)
    numbers = [0.75, -1.5, 0.05, 3, *(0.2, 0.3)[: optimizer.states]]
    by_floats = optimizer.update(*numbers)
    by_values = optimizer.update(*(Value(x) if i != 3 else x for i, x in enumerate(numbers)))
    assert len(by_values) == 1 + optimizer.states
    assert [v.data for v in by_values] == list(by_floats)


@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_frozen_parameter_stays_as_it_is_even_with_weight_decay(optimiser, weight_decay):
    free, frozen = Value(3.0), Value(3.0, requires_grad=False)
    optimizer = optimiser([free, frozen], lr=0.1, weight_decay=weight_decay)
    for _ in range(3):
        optimizer.zero_grad()
        (free * frozen).backward()
        frozen.grad = 1.0  # left over from before it was frozen
        optimizer.step()
    assert frozen.data == 3.0
    assert free.data != 3.0


def test_a_momentum_keeps_a_parameter_moving_when_its_gradient_is_gone():
    p = Value(1.0)
    sgd = nn.SGD([p], lr=0.5, momentum=0.5)
    p.grad = 1.0
    sgd.step()
    sgd.zero_grad()
    sgd.step()
    assert p.data == 1.0 - 0.5 * 1.0 - 0.5 * 0.5


def test_the_learning_rate_can_be_changed_between_steps():
    p = Value(1.0)
    sgd = nn.SGD([p], lr=0.5)
    p.grad = 1.0
    sgd.step()
    sgd.lr = 0.25
    sgd.step()
    assert p.data == 0.25


def test_zero_grad_sets_every_grad_to_0_frozen_or_not():
    ps = [Value(1.0), Value(2.0, requires_grad=False)]
    for p in ps:
        p.grad = 5.0
    nn.SGD(ps).zero_grad()
    assert [p.grad for p in ps] == [0.0, 0.0]


def test_parameters_may_come_from_a_generator():
    ps = [Value(1.0), Value(2.0)]
    sgd = nn.SGD((p for p in ps), lr=1.0)
    sgd.zero_grad()
    (ps[0] * ps[1]).backward()
    sgd.step()
    assert [p.data for p in ps] == [-1.0, 1.0]


def test_minimising_finds_the_minimum():
    for optimiser, lr in zip(OPTIMISERS, (0.2, 0.1, 0.1, 0.01, 0.5), strict=True):
        x, y = Value(-1.0), Value(2.0)
        optimizer = optimiser([x, y], lr=lr, weight_decay=0.0)
        for _ in range(500):
            optimizer.zero_grad()
            ((x - 1.0) ** 2 + 0.5 * (y - x) ** 2).backward()
            optimizer.step()
        assert [x.data, y.data] == pytest.approx([1.0, 1.0], abs=0.01), optimiser.__name__


# --- clipping -------------------------------------------------------------------------------------------------


def steps_of(grads, optimiser=nn.SGD, **settings):
    """How far each parameter goes against its gradient, at a learning rate of 1."""
    ps = [Value(0.0) for _ in grads]
    for p, g in zip(ps, grads, strict=True):
        p.grad = g
    optimiser(ps, lr=1.0, **settings).step()
    assert [p.grad for p in ps] == grads  # the gradient itself stays, to be looked at
    return [-p.data for p in ps]


def test_clipping_by_value_cuts_every_gradient_off():
    assert steps_of([0.5, -3.0, 2.0, 1.0, -1.0], clip_value=1.0) == [0.5, -1.0, 1.0, 1.0, -1.0]


def test_clipping_by_norm_keeps_the_direction_and_cuts_the_length():
    assert steps_of([3.0, -4.0], clip_norm=1.0) == pytest.approx([0.6, -0.8], rel=1e-15)
    assert steps_of([3.0, -4.0], clip_norm=5.0) == [3.0, -4.0]
    assert steps_of([0.0, 0.0], clip_norm=1.0) == [0.0, 0.0]


@given(grads=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), clip=st.floats(1e-3, 1e3))
def test_what_is_left_is_no_longer_than_the_norm(grads, clip):
    moved = steps_of(grads, clip_norm=clip)
    assert math.hypot(*moved) == pytest.approx(min(clip, math.hypot(*grads)), rel=1e-12)
    assert all(m * g >= 0.0 for m, g in zip(moved, grads, strict=True))


def test_clipping_by_value_comes_before_the_norm_and_the_weight_decay_after_both():
    assert steps_of([30.0, -4.0], clip_value=3.0, clip_norm=3.0) == pytest.approx([3 / math.sqrt(2), -3 / math.sqrt(2)])
    p = Value(10.0)
    p.grad = 7.0
    nn.SGD([p], lr=1.0, clip_value=1.0, weight_decay=0.5).step()
    assert p.data == 10.0 - (1.0 + 0.5 * 10.0)


def test_a_frozen_parameter_does_not_count_in_the_norm():
    free, frozen = Value(0.0), Value(0.0, requires_grad=False)
    free.grad, frozen.grad = 2.0, 100.0
    nn.SGD([free, frozen], lr=1.0, clip_norm=2.0).step()
    assert free.data == -2.0


def test_a_norm_whose_square_overflows_is_clipped_all_the_same():
    assert steps_of([3e200, -4e200], clip_norm=5.0) == pytest.approx([3.0, -4.0], rel=1e-15)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("name", ["clip_value", "clip_norm"])
def test_every_optimiser_clips_and_refuses_a_limit_that_leaves_nothing(optimiser, name):
    settings = {"eps": 1.0} if optimiser is not nn.SGD else {}  # so that the size of a gradient shows
    assert (
        0.0 < steps_of([100.0], optimiser, **{name: 0.5}, **settings)[0] < steps_of([100.0], optimiser, **settings)[0]
    )
    for limit in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match=f"{optimiser.__name__}: {name} must be above 0, it is {limit}"):
            optimiser([Value(1.0)], **{name: limit})


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_setting_that_no_optimiser_has_is_refused(optimiser):
    with pytest.raises(TypeError, match="clip_nrom"):
        optimiser([Value(1.0)], clip_nrom=1.0)


# --- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("number", [-0.1, math.nan])
def test_negative_settings_are_refused_by_name(optimiser, number):
    names = {
        nn.SGD: ["lr", "weight_decay", "momentum"],
        nn.Adam: ["lr", "weight_decay", "eps"],
        nn.AdamW: ["lr", "weight_decay", "eps"],
        nn.RMSprop: ["lr", "weight_decay", "alpha", "eps", "momentum"],
        nn.AdaGrad: ["lr", "weight_decay", "eps"],
    }[optimiser]
    for name in names:
        with pytest.raises(ValueError, match=f"{optimiser.__name__}: {name} must not be negative, it is {number}"):
            optimiser([Value(1.0)], **{name: number})


@pytest.mark.parametrize("optimiser", [nn.Adam, nn.AdamW])
@pytest.mark.parametrize("betas", [(1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, math.nan)])
def test_betas_outside_0_to_1_are_refused(optimiser, betas):
    with pytest.raises(ValueError, match=f"{optimiser.__name__}: betas must be at least 0 and below 1"):
        optimiser([Value(1.0)], betas=betas)


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(ValueError, match="nesterov needs a momentum above 0"):
        nn.SGD([Value(1.0)], nesterov=True)


@pytest.mark.parametrize("parameters", [[], [1.0, 2.0], {"w": Value(1.0)}])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_what_is_no_list_of_parameters_is_refused(optimiser, parameters):
    with pytest.raises(ValueError, match=f"{optimiser.__name__} needs parameters: a list of Values"):
        optimiser(parameters)


def test_the_same_parameter_twice_is_refused():
    w = Value(1.0)
    with pytest.raises(ValueError, match="SGD was given the same parameter twice"):
        nn.SGD([w, Value(2.0), w])


def test_the_base_has_no_rule_of_its_own():
    w = Value(1.0)
    with pytest.raises(NotImplementedError):
        nn.Optimizer([w], lr=0.1).step()


@pytest.mark.parametrize(("lr", "grad"), [(1e308, 1e10), (1.0, math.nan), (1.0, math.inf)])
def test_a_step_to_where_there_are_no_numbers_raises_and_moves_nothing(lr, grad):
    ps = [Value(1.0), Value(2.0), Value(3.0)]
    sgd = nn.SGD(ps, lr=lr, momentum=0.5)
    ps[0].grad, ps[1].grad = 1.0, grad
    with pytest.raises(NonFiniteError, match=r"SGD: a parameter of 2\.0 with gradient .* nothing was updated"):
        sgd.step()
    assert [p.data for p in ps] == [1.0, 2.0, 3.0]
    sgd.lr = 1.0
    ps[1].grad = 0.0
    sgd.step()  # as if the other had not been tried
    assert [p.data for p in ps] == [0.0, 2.0, 3.0]


@pytest.mark.parametrize("optimiser", [nn.Adam, nn.AdamW, nn.RMSprop, nn.AdaGrad])
def test_without_eps_a_first_gradient_of_0_gives_0_by_0_which_is_refused(optimiser):
    ps = [Value(1.0), Value(2.0)]
    optimizer = optimiser(ps, eps=0.0, weight_decay=0.0)
    ps[0].grad = 1.0
    with pytest.raises(NonFiniteError, match="would become nan; nothing was updated"):
        optimizer.step()
    assert [p.data for p in ps] == [1.0, 2.0]
