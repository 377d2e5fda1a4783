"""Passes that turn an inferred network into a frozen plan for one kind of device."""
