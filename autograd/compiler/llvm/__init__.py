"""Machine code: instructions, kernels and the loops around them."""
