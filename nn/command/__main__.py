"""``python -m nn.command``: the command ``stepgrad``."""

from .cli import main

main()
