"""Curves, figures, devices and log of the run."""
