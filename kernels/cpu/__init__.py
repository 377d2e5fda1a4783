"""Kernels in plain NumPy: the reference for all others, and the fallback where nothing faster runs."""
