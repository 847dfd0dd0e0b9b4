"""The command ``stepgrad``."""
