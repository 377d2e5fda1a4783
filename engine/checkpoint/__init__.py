"""Checkpoints: all that a training needs to go on exactly where it was."""

from engine.checkpoint.format import CheckpointState
from engine.checkpoint.reader import Found, find_latest, load, load_latest
from engine.checkpoint.writer import drop_after, save

__all__ = ["CheckpointState", "Found", "drop_after", "find_latest", "load", "load_latest", "save"]
