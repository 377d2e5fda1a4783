"""The drawer of runs, and the plot that compares some of them."""
