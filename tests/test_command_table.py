"""The command: stepgrad train, predict and show, as somebody types them who has a table."""

from __future__ import annotations

import csv
import json
import random
import signal
from pathlib import Path
from xml.etree import ElementTree

import pytest

import nn
from nn.command.cli import main


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table of shops, and models of a number and of a class in it."""
    folder = tmp_path_factory.mktemp("shop")
    rng = random.Random(1)
    with open(folder / "table.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["size", "town", "price", "kind"])
        for _ in range(300):
            size, town = rng.uniform(1, 9), rng.choice(["Köln", "Ulm, alt", "Bonn"])
            price = 1000 * size + (5000 if town == "Ulm, alt" else 0)
            writer.writerow([f"{size:.3f}", town, f"{price:.2f}", "big" if size > 5 else "small"])
    train = ["train", str(folder / "table.csv"), "--epochs", "60"]
    main([*train, "--target", "price", "--ignore", "kind", "-o", str(folder / "price.json")])
    main([*train, "--target", "kind", "--ignore", "price", "-o", str(folder / "kind.json")])
    return folder


def table(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def rows(text: str) -> list[list[str]]:
    return [*csv.reader(text.splitlines())]


NEW = 'size,town\n2,Bonn\n8,Bonn\n2,"Ulm, alt"\n'


def test_train_leaves_a_model_and_its_pictures(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    pictures = {f"{model}-{picture}.svg" for model in ("price", "kind") for picture in ("loss", "held-out")}
    assert names == {"table.csv", "price.json", "kind.json"} | pictures
    for name in pictures:
        picture = ElementTree.parse(trained / name).getroot()
        marks = [element.tag.rpartition("}")[2] for element in picture.iter()]
        assert marks.count("polyline") == (2 if name.endswith("loss.svg") else 0)
        assert marks.count("circle") == (45 if name == "price-held-out.svg" else 0)
        assert marks.count("rect") == (4 if name == "kind-held-out.svg" else 0)


def test_train_tells_what_it_does_and_how_good_it_is_beside_a_guess(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["train", str(trained / "table.csv"), "--target", "kind", "--epochs", "3", "--hidden", "4,3", "--seed", "7",
          "-o", str(tmp_path / "m.json")])  # fmt: skip
    said = capsys.readouterr().out
    assert "network: 5 numbers → 4 → 3 → 1" in said
    assert "training on 210 rows; 45 are held out to stop in time, 45 for the scores" in said
    assert "45 held-out rows: accuracy " in said
    assert "; guessing the most frequent class: accuracy " in said
    assert f"written: {tmp_path / 'm.json'}" in said
    assert "next: stepgrad predict " in said


def test_predict_answers_in_the_units_of_the_target(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    capsys.readouterr()
    main(["predict", str(trained / "price.json"), table(tmp_path / "new.csv", NEW)])
    said = capsys.readouterr()
    head, *answers = rows(said.out)
    assert head == ["prediction"]
    assert [float(x) for (x,) in answers] == pytest.approx([2000.0, 8000.0, 7000.0], rel=0.3)
    assert said.err == ""


def test_predict_gives_a_column_of_probabilities_for_each_class(trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    main(["predict", str(trained / "kind.json"), table(tmp_path / "new.csv", NEW), "--probabilities", "-o", str(out)])
    head, *answers = rows(out.read_text(encoding="utf-8"))
    assert head == ["prediction", "P(big)", "P(small)"]
    assert [row[0] for row in answers] == ["small", "big", "small"]
    for answer, big, small in answers:
        assert float(big) + float(small) == pytest.approx(1.0, abs=1e-5)
        assert (float(big) > 0.5) == (answer == "big")


def test_predict_says_how_good_it_is_where_the_target_is_there(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["predict", str(trained / "kind.json"), str(trained / "table.csv")])
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 301
    assert "kind is in " in said.err
    assert "too: accuracy 0.9" in said.err or "too: accuracy 1" in said.err


def test_columns_are_taken_by_name_and_what_is_unlike_the_training_is_said(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["predict", str(trained / "price.json"), table(tmp_path / "new.csv", NEW)])
    plain = capsys.readouterr().out
    other = 'owner,town,size\nx,Bonn,2\ny,Bonn,8\nz,"Ulm, alt",2\n'
    main(["predict", str(trained / "price.json"), table(tmp_path / "other.csv", other)])
    said = capsys.readouterr()
    assert said.out == plain
    assert "not used, as the model does not know them: 'owner'" in said.err
    assert "another order than in training: they are taken by their names" in said.err
    main(["predict", str(trained / "price.json"), table(tmp_path / "unseen.csv", "size,town\n2,Rom\n,Ulm\n")])
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 3
    assert "column 'town': 2 cells with a text that the model has not learned" in said.err
    assert "'Rom', 'Ulm'" in said.err
    assert "column 'size': 1 cell missing, as none was in training: filled with the median" in said.err


def test_show_says_what_a_model_is(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["show", str(trained / "kind.json")])
    said = capsys.readouterr().out
    assert "predicts kind, one of 'big', 'small'" in said
    assert "from size: a number" in said
    assert "from town: one of 'Bonn', 'Köln', 'Ulm, alt'" in said
    assert "trained on 300 rows; 45 held-out rows: accuracy" in said
    assert "Standardize, 4 → 4, (x − mean) / deviation" in said


def test_show_knows_models_from_python_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nn.save(nn.MLP(2, [3, 1]), tmp_path / "plain.json")
    main(["show", str(tmp_path / "plain.json")])
    assert "MLP, 13 parameters" in capsys.readouterr().out


def test_numbers_that_may_be_classes_are_pointed_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = "a,won\n" + "".join(f"{i},{int(i > 30)}\n" for i in range(60))
    main(["train", table(tmp_path / "t.csv", content), "--target", "won", "--epochs", "1",
          "-o", str(tmp_path / "m.json")])  # fmt: skip
    assert "won is one of 2 whole numbers: are they classes? Then train with --classify" in capsys.readouterr().out


GOOD = "a,b\n" + "1,x\n2,y\n" * 9


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (GOOD, ["train", "t.csv"], "the following arguments are required: --target"),
        (GOOD, ["train", "t.csv", "--target", "c"], "t.csv, line 1: there is no column 'c'"),
        (GOOD, ["train", "t.csv", "--target", "b", "-o", "no/m.json"], "there is no folder 'no' for 'm.json'"),
        (GOOD, ["train", "t.csv", "--target", "b", "--hidden", "4,x"], "'x' is no whole number of at least 1"),
        (GOOD, ["train", "t.csv", "--target", "b", "--hidden", ""], "'' is no whole number of at least 1"),
        (GOOD, ["train", "t.csv", "--target", "b", "--epochs", "0"], "'0' is no whole number of at least 1"),
        (GOOD, ["train", "t.csv", "--target", "b", "--seed", "-1"], "'-1' is no whole number of at least 0"),
        (GOOD, ["train", "u.csv", "--target", "b"], "u.csv"),
        (GOOD, ["train", ".", "--target", "b"], "directory"),
        (GOOD + "3\n", ["train", "t.csv", "--target", "b"], "t.csv, line 20: 1 cell for 2 columns"),
        (GOOD, ["predict", "t.csv", "t.csv"], "t.csv is no model file"),
        (GOOD, ["predict", "plain.json", "t.csv"], "plain.json is a model that was not trained on a table"),
        (GOOD, ["predict", "price.json", "t.csv"], "t.csv has no column 'size', 'town', which the model takes"),
        ("size,town\n1,x\n1,x\nold,x\n", ["predict", "price.json", "t.csv"], "line 4, column 'size': 'old' is"),
        (GOOD, ["predict", "price.json", "t.csv", "--probabilities"], "predicts price, a number"),
        (GOOD, ["show", "t.csv"], "t.csv is no model file"),
        (GOOD, ["train", "t.csv", "--target", "b", "-o", "./t.csv"], "would take the place of what is read"),
        ("size,town\n1,x\n", ["predict", "price.json", "t.csv", "-o", "t.csv"], "would take the place of what is read"),
        ("size,town\n1,x\n", ["predict", "price.json", "t.csv", "-o", "price.json"], "would take the place"),
        ("\x1b[31m,b\n1,x\n", ["train", "t.csv", "--target", "c"], "there is no column 'c'"),
    ],
)  # fmt: skip
def test_what_is_wrong_takes_three_lines_at_most_and_leaves_nothing(
    content: str, arguments: list[str], message: str, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    nn.save(nn.MLP(2, [3, 1]), "plain.json")
    (tmp_path / "price.json").write_bytes((trained / "price.json").read_bytes())
    table(tmp_path / "t.csv", content)
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err
    assert "\x1b" not in said.err
    assert 1 <= len(said.err.splitlines()) <= 3
    assert {path.name for path in tmp_path.iterdir()} == {"plain.json", "price.json", "t.csv"}


def test_a_file_from_another_hand_cannot_break_show(trained: Path, tmp_path: Path) -> None:
    content = json.loads((trained / "kind.json").read_text(encoding="utf-8"))
    content["table"]["about"]["scores"] = {"accuracy": "\x1b[31mhigh"}
    (tmp_path / "kind.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        main(["show", str(tmp_path / "kind.json")])
    assert stop.value.code == 2


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize(
    ("epoch", "times", "message"),
    [
        (3, 1, "stopped by Ctrl-C: the model is that of epoch "),
        (6, 1, "stopped by Ctrl-C: the model is that of the first training, on 210 rows"),
        (3, 2, "m.json was not written"),
    ],
)
def test_ctrl_c_keeps_the_best_so_far_or_says_that_nothing_is_kept(
    epoch: int, times: int, message: str, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    count = 0
    usual = nn.CosineDecay.__call__

    def call(self: nn.CosineDecay, lr: float, epoch_now: int, losses: list[float] = []) -> float:  # noqa: B006
        nonlocal count
        count += 1
        if count == epoch:  # of both trainings, the first of which has 5 epochs
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return usual(self, lr, epoch_now, losses)

    monkeypatch.setattr(nn.CosineDecay, "__call__", call)
    out = tmp_path / "m.json"
    with pytest.raises(SystemExit) as stop:
        main(["train", str(trained / "table.csv"), "--target", "kind", "--epochs", "5", "-o", str(out)])
    assert stop.value.code == 130
    assert message in capsys.readouterr().err
    assert out.exists() == (times == 1)
    if times == 1:
        assert nn.load(out).classes == ["big", "small"]
