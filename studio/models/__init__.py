"""Observable state, without Qt."""
