"""How the layers fare, in numbers and spreads over time."""
