"""Arrays in, arrays out: the kernels know no graphs."""
