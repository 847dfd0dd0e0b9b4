"""``python -m nn``: the command ``stepgrad``."""

from .command import main

main()
