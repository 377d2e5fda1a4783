"""Example networks and embedded data sets."""
