"""The inspector: editors made from the fields of the selected layer or of the network's settings."""
