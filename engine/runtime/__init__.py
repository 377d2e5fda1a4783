"""Runs plans: memory, kernels bound to it, and what steers a step."""
