"""The command ``stepgrad``."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from autograd import AutogradError, draw, walkthrough
from nn.command.expression import parse_assignments, parse_expression

from .terminal import can_step, step_through


def main(argv: list[str] | None = None) -> None:
    """Run the command; bad input is told in a few lines on stderr, with exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no ∂ shows ? instead of stopping us
    try:
        run(sys.argv[1:] if argv is None else argv)
    except (ValueError, AutogradError, OSError) as error:
        print(f"stepgrad: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stepgrad: stopped", file=sys.stderr)
        sys.exit(130)


def run(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="stepgrad", description="A scalar autodiff engine you can look into.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    command = commands.add_parser("demo", help="train two small networks and draw what happened")
    command.add_argument("-o", "--output", default="stepgrad-demo", metavar="FOLDER", help="default: stepgrad-demo")
    command = commands.add_parser(
        "draw",
        help='draw an expression and its gradients: stepgrad draw "tanh(w*x + b)" w=2 x=-1 b=0.5 -o g.svg',
    )
    take_expression(command)
    command.add_argument(
        "-o", "--output", metavar="FILE", help="g.svg, .png, .html or .dot; without it, print the graph"
    )
    command = commands.add_parser(
        "walk",
        help='step through an expression and its gradients: stepgrad walk "tanh(w*x + b)" w=2 x=-1 b=0.5',
    )
    take_expression(command)
    command.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="steps.html, a page that plays the steps; without it, step in the terminal",
    )
    chosen = parser.parse_args(guard_minus(arguments))
    if chosen.command == "demo":
        from .demo import demo  # matplotlib and the data sets only where they are used

        demo(Path(chosen.output))
    elif chosen.command == "walk":
        walk_expression(chosen.expression, chosen.values, chosen.output)
    else:
        draw_expression(chosen.expression, chosen.values, chosen.output)


def take_expression(command: argparse.ArgumentParser) -> None:
    command.add_argument("expression", help='such as "tanh(w*x + b)"')
    command.add_argument("values", nargs="*", metavar="name=number", help="a number for every name in it")


def guard_minus(arguments: list[str]) -> list[str]:
    """An expression may begin with a minus, which argparse would take for an option: hide it behind a blank."""
    options = ("-o", "-h")
    return [f" {a}" if a.startswith("-") and a not in options and a[:2] != "--" else a for a in arguments]


def draw_expression(expression: str, values: list[str], output: str | None) -> None:
    root = parse_expression(expression, parse_assignments(values))
    if root.requires_grad:
        root.backward()
    drawing = draw(root)
    if output is None:
        print(drawing)
    else:
        drawing.save(output)
        print(f"{expression.strip()} = {root:.6g}, drawn in {output}")


def walk_expression(expression: str, values: list[str], output: str | None) -> None:
    leaves = parse_assignments(values)
    root = parse_expression(expression, leaves)
    if root.primitive is not None and "out" not in leaves:
        root.label = "out"
    walk = walkthrough(root)
    if output is not None:
        walk.save(output)
        print(f"{expression.strip()} = {root:.6g} in {len(walk)} steps: open {output} in a browser")
    elif can_step():
        step_through(walk)
    else:
        print(walk)
