"""``python -m nn``: the stepgrad command."""

from .command.cli import main

main()
