"""The version of the program."""

from __future__ import annotations

from importlib import metadata


def program_version() -> str:
    """Return the version of the installed package, such as "0.1.0"."""
    return metadata.version("convnet-studio")
