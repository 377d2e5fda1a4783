"""Passes that reason about a network or a plan and name no kernels."""
