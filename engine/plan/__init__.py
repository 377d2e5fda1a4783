"""From a network to a frozen plan: analysis names no kernels, compile does."""
