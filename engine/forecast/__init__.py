"""Forecasts what a split takes: memory and communication of each device, from the compiled plan."""
