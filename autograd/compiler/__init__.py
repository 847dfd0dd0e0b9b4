"""Compiled programs: the graph you drew, as machine code over whole batches."""
