"""The pictures that stepgrad train leaves: numbers at their places, round ticks, any names."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.command.pictures import Axis, confusion, curves, predictions

NUMBERS = st.floats(-1e12, 1e12)


def elements(svg: str, kind: str) -> list[ElementTree.Element]:
    return [each for each in ElementTree.fromstring(svg).iter() if each.tag.rpartition("}")[2] == kind]


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in elements(svg, "text")]


@given(NUMBERS, NUMBERS)
def test_ticks_are_round_numbers_within_the_axis(one: float, other: float) -> None:
    axis = Axis(min(one, other), max(one, other), 10.0, 300.0)
    assert axis.high > axis.low
    assert 2 <= len(axis.ticks) <= 7
    assert all(10.0 - 1e-3 <= axis(x) <= 310.0 + 1e-3 for x in axis.ticks)
    steps = [b - a for a, b in zip(axis.ticks, axis.ticks[1:], strict=False)]
    step = (steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-9)) if steps else 1.0
    assert min(abs(step - n) for n in (1, 2, 5, 10)) < 1e-6


def test_a_number_is_at_its_place_and_on_the_line_where_it_was_predicted_well() -> None:
    svg = predictions([0.0, 5.0, 10.0], [0.0, 5.0, 2.0], "price")
    right, middle, wrong = [(float(c.get("cx", 0)), float(c.get("cy", 0))) for c in elements(svg, "circle")]
    assert middle[0] - right[0] == pytest.approx(0.5 * (wrong[0] - right[0]))
    assert right[1] - middle[1] == pytest.approx(2.5 * (right[1] - wrong[1]), rel=0.01)


def test_of_very_many_rows_every_so_manieth_is_drawn() -> None:
    numbers = [float(i) for i in range(100_001)]
    assert 1000 < len(elements(predictions(numbers, numbers, ""), "circle")) <= 2000


def test_rows_are_counted_by_true_and_answered_class() -> None:
    svg = confusion(["a", "a", "b", "a"], ["a", "b", "b", "a"], ["a", "b", "c"], "kind")
    assert [text for text in texts(svg) if text.isdigit()] == [
        "2", "1", "0", "0", "1", "0", "0", "0", "0",
    ]  # fmt: skip
    shares = [float(cell.get("fill-opacity", 0)) for cell in elements(svg, "rect")]
    assert shares[:2] == [pytest.approx(0.7 * 2 / 3, abs=0.01), pytest.approx(0.7 / 3, abs=0.01)]
    assert "3 of 4 rows were given their own class." in svg


def test_a_loss_that_was_not_finite_is_left_out() -> None:
    svg = curves({"training": [3.0, math.inf, 1.0], "validation": [2.0]}, "Learning")
    training, validation = (line.get("points", "").split() for line in elements(svg, "polyline"))
    assert (len(training), len(validation)) == (2, 1)
    assert {"training", "validation", "epoch", "loss"} <= {*texts(svg)}


@pytest.mark.parametrize("name", ["<script>", "a & b", "ö" * 80, "x\x00\x1b[2J", "$\\frac$", ""])
def test_any_name_gives_a_picture(name: str) -> None:
    many = [f"{name}{i}" for i in range(20)]
    for svg in (
        confusion([name], [name], [name, "other"], name),
        confusion(many, many, many, name),
        predictions([1.0], [1.0], name),
        curves({"training": [0.0], "validation": []}, name),
    ):
        assert ElementTree.fromstring(svg) is not None
        assert "<script>" not in svg
