"""The arguments of the command ``stepgrad``."""

from __future__ import annotations

import argparse
from typing import NoReturn

from autograd.html import printable


class Parser(argparse.ArgumentParser):
    """One whose errors repeat arguments without their control characters."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The chosen ``command`` with its options; where they are wrong, a line on stderr and exit status 2."""
    parser = Parser(prog="stepgrad", description="A scalar autodiff engine you can look into.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    demo = commands.add_parser("demo", help="train three small networks and draw what happened")
    demo.add_argument("-o", "--output", default="stepgrad-demo", metavar="FOLDER", help="default: stepgrad-demo")

    draw = commands.add_parser(
        "draw", help='draw an expression and its gradients: stepgrad draw "tanh(w*x + b)" w=2 x=-1 b=0.5 -o g.svg'
    )
    _add_expression(draw)
    draw.add_argument("-o", "--output", metavar="FILE", help="g.svg, .png, .html or .dot; without it, print the graph")

    walk = commands.add_parser(
        "walk", help='step through an expression and its gradients: stepgrad walk "tanh(w*x + b)" w=2 x=-1 b=0.5'
    )
    _add_expression(walk)
    page = "steps.html, a page that plays the steps; without it, step in the terminal"
    walk.add_argument("-o", "--output", metavar="FILE", help=page)
    return parser.parse_args(_guard_minus(arguments))


def _add_expression(command: argparse.ArgumentParser) -> None:
    command.add_argument("expression", help='such as "tanh(w*x + b)"')
    command.add_argument("values", nargs="*", metavar="name=number", help="a number for every name in it")


def _guard_minus(arguments: list[str]) -> list[str]:
    """An expression may begin with a minus, which argparse would take for an option: hide it behind a blank."""
    options = ("-o", "-h")
    return [f" {a}" if a.startswith("-") and a not in options and a[:2] != "--" else a for a in arguments]
