"""Running machine code: its memory, its tables, and where it is kept on disk."""
