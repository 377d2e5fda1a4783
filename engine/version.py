"""The version of the program."""

from __future__ import annotations


def program_version() -> str:
    """Return the version of the installed package, such as "0.1.0"."""
    from importlib import metadata

    return metadata.version("convnet-studio")
