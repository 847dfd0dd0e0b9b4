"""Tables in CSV files: how they are read, what becomes of cells, what is learned from them."""

from __future__ import annotations

import csv
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from nn.data import probabilities_of
from nn.tables import TableModel, learn_table
from nn.tables.encoding import Category, Number, as_data, encode, from_data, learn
from nn.tables.reading import MISSING, TOGETHER, Table, read_table


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def cells(table: Table) -> dict[str, list[Any]]:
    """Every column's cells, None where one is missing."""
    return {
        name: [column.texts[code] if code >= 0 else None for code in column.codes]
        if column.is_text
        else [None if math.isnan(x) else x for x in column.numbers.tolist()]
        for name, column in table.columns.items()
    }


# --- reading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1,x\n2,y\n", {"a": [1.0, 2.0], "b": ["x", "y"]}),
        ("a,b\r\n1,x\r\n2,y", {"a": [1.0, 2.0], "b": ["x", "y"]}),
        ("\ufeffa,b\n1,x\n", {"a": [1.0], "b": ["x"]}),
        ("a,b\n\n1,x\n\n2,y\n\n", {"a": [1.0, 2.0], "b": ["x", "y"]}),
        (" a , b \n 1 , x \n", {"a": [1.0], "b": ["x"]}),
        ("a\tb\n1\tx,y\n", {"a": [1.0], "b": ["x,y"]}),
        ("a;b\n1,5;x\n-2,25;y\n", {"a": [1.5, -2.25], "b": ["x", "y"]}),
        ('a,b\n1,"x, ""y""\nz"\n', {"a": [1.0], "b": ['x, "y"\nz']}),
        ("a,b\n1e3,\n,x\n", {"a": [1000.0, None], "b": [None, "x"]}),
        ("a,b\n?,NA\n 2,n\n", {"a": [None, 2.0], "b": [None, "n"]}),
        ("a,b\n,1\n,2\n", {"a": [None, None], "b": [1.0, 2.0]}),
        ("a,b\n,1\nx,2\n3,2\n", {"a": [None, "x", "3"], "b": [1.0, 2.0, 2.0]}),
        ("größe,ü\n1,ä\n", {"größe": [1.0], "ü": ["ä"]}),
        ("a\n1\n2\n", {"a": [1.0, 2.0]}),
        (",a,\n7,1,\n8,2,\n", {"a": [1.0, 2.0]}),  # the index of a data frame, and a comma at the end
        ('a,b\n"1,234.5",1\n"-12,345,678",2\n', {"a": [1234.5, -12345678.0], "b": [1.0, 2.0]}),
        ("a;b\n1.234,5;1.234\n-12.345.678;7,5\n", {"a": [1234.5, -12345678.0], "b": [1.234, 7.5]}),
        ('a,b\n"1,23",1\n"1,2345",2\n', {"a": ["1,23", "1,2345"], "b": [1.0, 2.0]}),
        ("a,b\n-,x\n1,-\n.,#N/A\n", {"a": [None, 1.0, None], "b": ["x", None, None]}),
    ],
)
def test_columns_of_numbers_and_texts_are_read(content: str, expected: dict[str, Any], tmp_path: Path) -> None:
    assert cells(read_table(written(tmp_path, content))) == expected


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
            st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1)),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_the_csv_module_writes_comes_back(rows: list[tuple[Any, Any]], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "round.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "text"])
        writer.writerows(rows)
    table = cells(read_table(path, texts={"text"}))
    assert table["number"] == [x for x, _ in rows]
    plain = [(text or "").strip() for _, text in rows]
    assert table["text"] == [None if text in MISSING else text for text in plain]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty: it must have a line of names"),
        ("\n\n", "is empty: it must have a line of names"),
        ("a,b\n", "has a line of names and no row below it"),
        ("a,b\n1,2\n\n3\n", "line 4: 1 cell for 2 columns: the first without one is 'b'"),
        ("a,b\n1,2\n1,2,3\n", "line 3: 3 cells for 2 columns: the first too many is '3'"),
        ('a,b\n1,"x\ny"\n2,3,4\n', "line 4: 3 cells for 2 columns"),
        ('a,b\n1,2\n3,"4\n5,6\n', "line 3: a quote begins here and does not end"),
        ("a,b,a\n1,2,3\n", "line 1: columns 1 and 3 are both called 'a'"),
        ("1,2\n3,4\n", "line 1: '1', '2' are numbers: the first line must have the names"),
        (b"a,b\n1,x\n2,\xe4\n", "line 3: byte 0xe4 is no text in UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "line 1: byte 0xff is no text in UTF-8"),
        ("a,b\n" + "1,2\n" * 30 + "x,3\n", "line 32, column 'a': 'x' is no number, and 30 cells of the column are"),
        ("a,b\n" + "1,2\n" * 30 + "inf,3\n", "line 32, column 'a': 'inf' is no number"),
        ("a,b\n" + "1,2\n" * TOGETHER + '"x\ny",3\n', rf"line {TOGETHER + 2}, column 'a': .* is no number"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(content: str | bytes, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ValueError, match=f"table.csv,? {message}"):
        read_table(path)


@pytest.mark.parametrize("texts", [5, TOGETHER + 5])
def test_a_column_of_many_texts_and_more_numbers_is_one_of_texts(texts: int, tmp_path: Path) -> None:
    column = ["07"] * 2 * texts + [f"B{i % 3}" for i in range(texts)]
    table = read_table(written(tmp_path, "a,b\n" + "".join(f"{cell},1\n" for cell in column)))
    assert cells(table)["a"] == column  # 07 has not become 7.0


def test_numbers_before_many_texts_are_not_lost(tmp_path: Path) -> None:
    column = [*["7"] * 3, *[""] * (TOGETHER - 3), *["x"] * TOGETHER]
    table = read_table(written(tmp_path, "a,b\n" + "".join(f"{cell},1\n" for cell in column)))
    assert cells(table)["a"] == [cell or None for cell in column]


def test_only_some_columns_are_kept(tmp_path: Path) -> None:
    assert cells(read_table(written(tmp_path, "a,b,c\n1,x,2\n"), only={"c"})) == {"c": [2.0]}


# --- what becomes of cells -------------------------------------------------------------------------------------------


def rules_for(cells: list[str], folder: Path, **settings: Any) -> Any:
    table = read_table(written(folder, "a,other\n" + "".join(f"{cell},1\n" for cell in cells)), **settings)
    rules = learn(table.columns["a"], np.arange(table.rows))
    return rules, None if isinstance(rules, str) else encode(table, [rules], np.arange(table.rows)).tolist()


def test_gaps_among_numbers_are_filled_with_the_median_and_marked(tmp_path: Path) -> None:
    rules, numbers = rules_for(["1", "", "10", "2"], tmp_path)
    assert rules == Number("a", 2.0, gaps=True)
    assert rules.columns == ["a", "a is missing"]
    assert numbers == [[1.0, 0.0], [2.0, 1.0], [10.0, 0.0], [2.0, 0.0]]


def test_texts_become_a_column_each_and_a_gap_is_one_of_them(tmp_path: Path) -> None:
    rules, numbers = rules_for(["red", "blue", "NA", "red"], tmp_path)
    assert rules.columns == ["a=blue", "a=red", "a is missing"]
    assert numbers == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]


def test_what_was_not_there_when_the_rules_were_learned_is_told_and_counts_as_none(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "t,n\ngreen,\nred,1\n,2\ngreen,3\n"))
    text, number = Category("t", ("blue", "red"), gaps=False), Number("n", 7.0, gaps=False)
    assert encode(table, [text, number], np.arange(4)).tolist() == [[0, 0, 7], [0, 1, 1], [0, 0, 2], [0, 0, 3]]
    said = text.unknown(table.columns["t"])
    assert said.startswith("2 cells with a text that the model has not learned")
    assert "'green'" in said
    assert said.endswith("1 cell missing, as none was in training")
    assert number.unknown(table.columns["n"]) == "1 cell missing, as none was in training: filled with the median, 7"
    assert Number("n", 7.0, gaps=True).unknown(table.columns["n"]) == ""


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (["3"] * 5, "it is 3 in every row"),
        (["x"] * 5, "it is 'x' in every row"),
        ([""] * 5, "no cell has anything in it"),
        ([f"person {i}" for i in range(20)], "nearly every row has a text of its own, such as 'person 0'"),
        (
            [*map(str, range(200)), *["unknown"] * 50],
            "nearly every row has a text of its own, such as '0'; most are numbers, but not 'unknown': leave these "
            "empty where they stand for none",
        ),
    ],
)
def test_a_column_that_teaches_nothing_is_left_out(column: list[str], why: str, tmp_path: Path) -> None:
    assert rules_for(column, tmp_path)[0] == why


def test_of_many_texts_the_most_frequent_get_a_column(tmp_path: Path) -> None:
    column = [f"t{i}" for i in range(60) for _ in range(3 if i >= 10 else 2)]
    rules, _ = rules_for(column, tmp_path)
    assert {*rules.texts} == {f"t{i}" for i in range(10, 60)}


def test_rules_come_back_from_a_file() -> None:
    rules = [Number("a", 2.5, gaps=True), Category("b", ("x", "ä"), gaps=False)]
    assert from_data(json.loads(json.dumps(as_data(rules)))) == rules


@pytest.mark.parametrize("logits", [[0.0, -800.0, 800.0], [[0.0, 1.0, 2.0], [900.0, -900.0, 0.0]]])
def test_probabilities_are_those_of_softmax_and_sigmoid(logits: Any) -> None:
    found = probabilities_of(np.array(logits))
    assert found.sum(axis=1) == pytest.approx(1.0)
    if isinstance(logits[0], float):
        assert found[:, 1].tolist() == pytest.approx([0.5, 0.0, 1.0])
    else:
        whole = sum(map(math.exp, logits[0]))
        assert found[0].tolist() == pytest.approx([math.exp(x) / whole for x in logits[0]])
        assert found[1].tolist() == [1.0, 0.0, 0.0]


# --- learning --------------------------------------------------------------------------------------------------------


def shop(folder: Path, rows: int = 400) -> Path:
    """Rows of which price and kind follow, with gaps; and columns that teach nothing."""
    rng = random.Random(1)
    lines = ["id,size,colour,since,price,kind,code"]
    for i in range(rows):
        size, colour = rng.uniform(1, 9), rng.choice(["red", "green", "blue"])
        price = 1000 * size + (5000 if colour == "red" else 0) + rng.gauss(0, 300)
        kind = "big" if size > 6 else "mid" if size > 3 else "small"
        shown = "" if rng.random() < 0.1 else f"{size:.3f}"
        lines.append(f"n{i},{shown},{'' if rng.random() < 0.1 else colour},2020,{price:.2f},{kind},{int(size > 5)}")
    return written(folder, "\n".join(lines) + "\n")


def quiet(_: str) -> None:
    pass


def test_numbers_are_learned_in_their_own_units(tmp_path: Path) -> None:
    said: list[str] = []
    learned = learn_table(shop(tmp_path), "price", ignore=["kind", "code"], say=said.append)
    about = learned.model.about
    assert about["scores"]["R²"] > 0.7 > about["guess"]["R²"]
    assert about["scores"]["mean absolute error"] < 0.5 * about["guess"]["mean absolute error"]
    assert learned.model.columns == [
        "size", "size is missing", "colour=blue", "colour=green", "colour=red", "colour is missing"
    ]  # fmt: skip
    text = "\n".join(said)
    assert "column 'id' is left out: nearly every row has a text of its own" in text
    assert "column 'since' is left out: it is 2020 in every row" in text
    assert "missing: filled with the median" in text
    assert "missing: they count as a text of their own" in text
    assert "training on 280 rows; 60 are held out to stop in time, 60 for the scores" in text
    assert "training on all 400 rows" in text
    # The scores are those of rows that neither the training nor its end has seen.
    errors = [abs(a - t) for a, t in zip(learned.answers, learned.truth, strict=True)]
    assert len(errors) == 60
    assert about["scores"]["mean absolute error"] == pytest.approx(sum(errors) / 60)


@pytest.mark.parametrize(
    ("target", "classes"), [("kind", ["big", "mid", "small"]), ("code", [0, 1])], ids=["texts", "numbers"]
)
def test_classes_are_learned_and_answered_by_their_names(target: str, classes: list[Any], tmp_path: Path) -> None:
    ignore = {"kind", "code", "price"} - {target}
    learned = learn_table(shop(tmp_path), target, classify=True, ignore=ignore, say=quiet)
    assert learned.model.classes == classes
    assert {*learned.truth} == {*classes}
    right = sum(a == t for a, t in zip(learned.answers, learned.truth, strict=True)) / len(learned.truth)
    assert learned.model.about["scores"]["accuracy"] == pytest.approx(right)
    assert right > max(0.8, learned.model.about["guess"]["accuracy"])


def test_the_same_seed_gives_the_same_model_and_another_one_another(tmp_path: Path) -> None:
    path = shop(tmp_path, 60)
    first, again, other = (learn_table(path, "kind", seed=seed, epochs=5, say=quiet).model for seed in (1, 1, 2))
    assert first.network.state_dict() == again.network.state_dict()
    assert first.network.state_dict() != other.network.state_dict()


def test_one_file_holds_everything(tmp_path: Path) -> None:
    path = shop(tmp_path, 60)
    model = learn_table(path, "kind", epochs=5, say=quiet).model
    model.save(tmp_path / "model.json")
    copy = TableModel.load(tmp_path / "model.json")
    table = copy.read(path, quiet)
    rows = np.arange(table.rows)
    assert copy.outputs(table, rows).tolist() == model.outputs(table, rows).tolist()
    assert (copy.inputs, copy.about) == (model.inputs, model.about)
    network = nn.load(tmp_path / "model.json")  # the network alone, from Python
    assert (network.columns, network.classes) == (model.columns, ["big", "mid", "small"])


def test_rows_without_a_target_are_left_out(tmp_path: Path) -> None:
    said: list[str] = []
    rows = "".join(f"{i},{'' if i % 4 == 0 else i % 3}\n" for i in range(60))
    learned = learn_table(written(tmp_path, "a,y\n" + rows), "y", epochs=2, say=said.append)
    assert said[0] == "15 rows without a target are left out"
    assert learned.model.about["rows"] == 45


@pytest.mark.parametrize("seed", range(4))
def test_the_smallest_table_is_learned_though_a_part_of_it_says_little(seed: int, tmp_path: Path) -> None:
    rows = [("1", "5"), *[("2", "7")] * 9]  # without the first, all is constant
    content = "a,b,y\n" + "".join(f"{a},{i % 2},{y}\n" for i, (a, y) in enumerate(rows))
    learned = learn_table(written(tmp_path, content), "y", epochs=2, seed=seed, say=quiet)
    assert all(map(math.isfinite, learned.model.about["scores"].values()))


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        ("a,y\n" + "1,2\n2,3\n" * 9, {"target": "why"}, "line 1: there is no column 'why': its columns are 'a', 'y'"),
        ("area,y\n" + "1,2\n" * 9, {"target": "aera"}, "did you mean 'area'"),
        ("a,y\n" + "1,2\n2,3\n" * 9, {"target": "y", "ignore": ["b"]}, "there is no column 'b'"),
        ("a,y\n" + "1,2\n2,3\n" * 4, {"target": "y"}, "column 'y' has 8 cells with something in them, and 10"),
        ("a,y\n" + "1,2\n2,2\n" * 9, {"target": "y"}, "column 'y' is the same in every row"),
        ("a,y\n" + "1,x\n2,x\n" * 9, {"target": "y"}, "column 'y' is the same in every row"),
        ("a,y\n" + "1,2\n1,3\n" * 9, {"target": "y"}, "has no column to learn from"),
        (
            "a,y\n" + "".join(f"1,x{i}\n" for i in range(20)),
            {"target": "y"},
            "20 different texts, such as 'x0', which are too many",
        ),
        ("y\n" + "1\n2\n" * 9, {"target": "y"}, "has no column to learn from"),
    ],
)
def test_what_cannot_be_learned_is_refused(
    content: str, settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        learn_table(written(tmp_path, content), say=quiet, **settings)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of a model file."""
    folder = tmp_path_factory.mktemp("saved")
    learn_table(shop(folder, 60), "kind", epochs=1, say=quiet).model.save(folder / "model.json")
    return (folder / "model.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.pop("target"),
        lambda table: table.update(inputs=[]),
        lambda table: table.update(inputs="size"),
        lambda table: table["inputs"][0].update(median="1"),
        lambda table: table["inputs"][0].update(median=math.nan),
        lambda table: table["inputs"][0].update(name="other"),
        lambda table: table["inputs"][1].update(texts=[1, 2, 3]),
        lambda table: table["inputs"].pop(),
        lambda table: table.update(about={}),
        lambda table: table["about"].update(rows="many"),
        lambda table: table["about"]["scores"].update(accuracy=None),
    ],
)
def test_a_damaged_file_is_refused(change: Any, saved: str, tmp_path: Path) -> None:
    path, content = tmp_path / "model.json", json.loads(saved)
    path.write_text(saved, encoding="utf-8")
    TableModel.load(path)
    change(content["table"])
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=r"model\.json: "):
        TableModel.load(path)
