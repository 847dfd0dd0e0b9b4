"""``stepgrad train``, ``predict`` and ``show``: from a table in a CSV file to predictions, without Python."""

from __future__ import annotations

import csv
import io
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from autograd import draw, write_whole
from autograd.html import printable

from ..data import probabilities_of
from ..storage import load, read
from ..tables import Learned, Number, TableModel, learn_table, listed
from .pictures import confusion, curves, predictions


def say(text: str) -> None:
    """A line of the output."""
    print(printable(text), flush=True)


def note(text: str) -> None:
    """A line beside the output."""
    print("stepgrad:", printable(text), file=sys.stderr)


def train(chosen: Namespace) -> None:
    """Learn a column of a table; leave a model file and two pictures."""
    path = _output(chosen.output, chosen.table)
    ignore = [name.strip() for name in chosen.ignore.split(",") if name.strip()]
    settings = {"hidden": chosen.hidden} if chosen.hidden else {}
    try:
        learned = learn_table(
            chosen.table, chosen.target, classify=chosen.classify, ignore=ignore, epochs=chosen.epochs,
            seed=chosen.seed, say=say, **settings,
        )  # fmt: skip
    except KeyboardInterrupt:  # before the first epoch, or twice
        note(f"stopped: {path} was not written")
        sys.exit(130)
    learned.model.save(path)
    say(held_out(learned.model))
    values = {*learned.truth}
    if learned.model.classes is None and len(values) <= 10 and all(x == int(x) for x in values):
        say(f"{chosen.target} is one of {len(values)} whole numbers: are they classes? Then train with --classify")
    written = [str(path), *pictures(learned, path)]
    say(f"written: {', '.join(written)}")
    if learned.note:
        note(learned.note)
        sys.exit(130)
    say(f"next: stepgrad predict {path} new.csv -o predictions.csv")


def _output(name: str, *inputs: str) -> Path:
    """Where to write; refused now, and not after the work, where there is no such folder, or an input would be lost."""
    path = Path(name)
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(f"there is no folder '{path.parent}' for '{path.name}': make it first")
    if path.exists() and any(Path(given).exists() and path.samefile(given) for given in inputs):
        raise ValueError(f"-o {name} would take the place of what is read: give another name")
    return path


def held_out(model: TableModel) -> str:
    """The scores on the rows that were held out, beside those of the simplest guess."""
    about, scores, guess = model.about, *(_scores(model.about[name]) for name in ("scores", "guess"))
    same = "the mean" if model.classes is None else "the most frequent class"
    return f"{about['held out']:,} held-out rows: {scores}; guessing {same}: {guess}"


def _scores(scores: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {score:{',.0f' if abs(score) >= 1000 else '.4g'}}" for name, score in scores.items())


def pictures(learned: Learned, path: Path) -> list[str]:
    """Write the curves of the loss, and the answers beside the truth, as SVG; the names of the files."""
    target, classes, history = learned.model.target, learned.model.classes, learned.history
    title = f"{target}: {len(learned.truth):,} held-out rows"
    if classes is None:
        outcome = predictions(learned.truth, learned.answers, title)
    else:
        outcome = confusion(learned.truth, learned.answers, classes, title)
    both = {"training": history.data_loss, "validation": history.val_loss}  # both without penalties
    written = []
    for name, picture in (("loss", curves(both, f"Learning {target}")), ("held-out", outcome)):
        file = path.with_name(f"{path.stem}-{name}.svg")
        write_whole(file, picture)
        written.append(str(file))
    return written


def predict(chosen: Namespace) -> None:
    """Predict the rows of a table: a CSV with what is answered first, and a column for each class if asked for."""
    import numpy as np

    model = TableModel.load(chosen.model)
    if chosen.probabilities and model.classes is None:
        raise ValueError(f"--probabilities are of classes, and {chosen.model} predicts {model.target}, a number")
    output = None if chosen.output is None else _output(chosen.output, chosen.table, chosen.model)
    table = model.read(chosen.table, note)
    outputs = model.outputs(table, np.arange(table.rows))
    columns = [[f"{x:.10g}" for x in outputs.tolist()] if model.classes is None else model.answers(outputs)]
    names = ["prediction"]
    if chosen.probabilities:
        columns += [[f"{p:.6g}" for p in column] for column in probabilities_of(outputs).T.tolist()]
        names += [f"P({name})" for name in model.classes or ()]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*columns, strict=True))
    if scores := model.scores(table, outputs):
        note(f"{model.target} is in {chosen.table} too: {_scores(scores)}")
    if output is None:
        print(text.getvalue(), end="")
    else:
        write_whole(output, text.getvalue())
        say(f"{table.rows:,} predictions of {model.target} written to {output}")


def show(chosen: Namespace) -> None:
    """Say what a model predicts, from which columns, how well, and what it is made of."""
    network = load(chosen.model)
    if read(chosen.model).get("table") is not None:
        model = TableModel.load(chosen.model)
        classes = "" if model.classes is None else f", one of {listed([*map(str, model.classes)])}"
        say(f"predicts {model.target}{classes}")
        for each in model.inputs:
            what = "a number" if isinstance(each, Number) else f"one of {listed(each.texts)}"
            say(f"  from {each.name}: {what}{f'; gaps: {each.rule}' if each.gaps else ''}")
        say(f"trained on {model.about['rows']:,} rows; {held_out(model)}")
    print(draw(network))
