"""Starts, finds and talks to engines, without Qt."""
