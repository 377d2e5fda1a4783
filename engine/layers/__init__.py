"""Layers: one a file, with fields, shape rule and cost rule."""
