"""``python -m nn``: the stepgrad command."""

from .cli import main

main()
