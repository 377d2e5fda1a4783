"""Checkpoints: all that a training needs to go on exactly where it was."""

from engine.checkpoint.arrays import ArrayReader
from engine.checkpoint.format import ArrayFile, CheckpointState, TensorEntry, manifest_steps
from engine.checkpoint.reader import Found, find_latest, load, load_latest
from engine.checkpoint.writer import commit, drop_after, save, write_arrays

__all__ = [
    "ArrayFile",
    "ArrayReader",
    "CheckpointState",
    "Found",
    "TensorEntry",
    "commit",
    "drop_after",
    "find_latest",
    "load",
    "load_latest",
    "manifest_steps",
    "save",
    "write_arrays",
]
