"""The arguments of the command ``stepgrad``."""

from __future__ import annotations

import argparse
import re
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

from autograd.html import printable


class Parser(argparse.ArgumentParser):
    """One whose errors repeat arguments without their control characters."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The chosen ``command`` with its options; where they are wrong, a line on stderr and exit status 2."""
    parser = Parser(prog="stepgrad", description="A scalar autodiff engine you can look into.")
    parser.add_argument("--version", action="version", version=f"stepgrad {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="command")

    train = commands.add_parser(
        "train", help="learn a column of a table from the others: stepgrad train table.csv --target price",
        usage="stepgrad train table.csv --target price [-o model.json] [options; -h lists them]",
    )  # fmt: skip
    train.add_argument(
        "table", metavar="table.csv", help="a line with the names of the columns, then a line for each row"
    )
    train.add_argument("--target", required=True, metavar="NAME", help="the column to predict")
    train.add_argument("-o", "--output", default="model.json", metavar="FILE", help="default: model.json")
    train.add_argument("--classify", action="store_true", help="take numbers in the target for names of classes")
    train.add_argument("--ignore", default="", metavar="NAMES", help="columns not to learn from: id,name")
    train.add_argument(
        "--hidden",
        type=_widths,
        metavar="WIDTHS",
        help="the widths of the hidden layers: 16,16; default: 64, of more than 20,000 rows 100",
    )
    train.add_argument(
        "--epochs", type=_count, metavar="N", help="at most so many; by default as many as suit the rows"
    )
    train.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of the split, the network and the order; default: 0"
    )

    predict = commands.add_parser(
        "predict", help="predict that column for other rows: stepgrad predict model.json new.csv -o out.csv",
        usage="stepgrad predict model.json new.csv [-o out.csv] [--probabilities]",
    )  # fmt: skip
    predict.add_argument("model", metavar="model.json", help="what stepgrad train has written")
    predict.add_argument("table", metavar="new.csv", help="a table with the same columns, in any order")
    predict.add_argument("-o", "--output", metavar="FILE", help="a CSV file; without it, print the predictions")
    predict.add_argument("--probabilities", action="store_true", help="add a column for each class")

    show = commands.add_parser("show", help="say what a model is: stepgrad show model.json")
    show.add_argument("model", metavar="model.json", help="what stepgrad train or nn.save has written")

    demo = commands.add_parser("demo", help="train three small networks and draw what happened")
    demo.add_argument("-o", "--output", default="stepgrad-demo", metavar="FOLDER", help="default: stepgrad-demo")

    draw = commands.add_parser(
        "draw", help='draw an expression and its gradients: stepgrad draw "tanh(w*x + b)" w=2 x=-1 b=0.5 -o g.svg'
    )
    _add_expression(draw)
    files = "g.svg, .png, .pdf, .html or .dot; without it, print the graph"
    draw.add_argument("-o", "--output", metavar="FILE", help=files)

    walk = commands.add_parser(
        "walk", help='step through an expression and its gradients: stepgrad walk "tanh(w*x + b)" w=2 x=-1 b=0.5'
    )
    _add_expression(walk)
    page = "steps.html, a page that plays the steps; without it, step in the terminal"
    walk.add_argument("-o", "--output", metavar="FILE", help=page)
    if not arguments:
        parser.print_help()
        parser.exit()
    chosen = parser.parse_args(_guard_minus(arguments))
    if chosen.command is None:
        parser.error("name a command: train, predict, show, demo, draw or walk")
    return chosen


def _version() -> str:
    try:
        return version("stepgrad")
    except PackageNotFoundError:  # the files alone, without an installation
        return "(not installed)"


def _widths(text: str) -> list[int]:
    return [_count(width) for width in text.split(",")]


def _count(text: str, least: int = 1) -> int:
    if not re.fullmatch(r"\s*\d{1,9}\s*", text, re.ASCII) or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r:.40} is no whole number of at least {least}")
    return int(text)


def _seed(text: str) -> int:
    return _count(text, 0)


def _add_expression(command: argparse.ArgumentParser) -> None:
    command.add_argument("expression", help='such as "tanh(w*x + b)"')
    command.add_argument("values", nargs="*", metavar="name=number", help="a number for every name in it")


def _guard_minus(arguments: list[str]) -> list[str]:
    """Hide from argparse a minus that begins no option: that of an expression, that of a file's name after -o.

    A blank hides that of an expression.  What begins with -o and has an extension, as -og.svg, is an option.
    """
    command, *rest = arguments
    given = iter(rest)
    found = [command]
    for argument in given:
        if argument in ("-o", "--output") and (file := next(given, None)) is not None:
            argument = f"--output={file}"
        elif command in ("draw", "walk") and re.match(r"-(?!-|h$|o$|o.*\.[a-z]+$)", argument):
            argument = f" {argument}"
        found.append(argument)
    return found
