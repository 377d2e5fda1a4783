"""The example networks that come with the program."""

from __future__ import annotations

from importlib.resources import files

from engine.graph.network_file import SUFFIX, NetworkFile, loads


def example_names() -> list[str]:
    """Return the names of the examples, in alphabetical order."""
    folder = files("resources").joinpath("examples")
    if not folder.is_dir():
        return []
    return sorted(
        entry.name.removesuffix(SUFFIX) for entry in folder.iterdir() if entry.name.endswith(SUFFIX)
    )


def load_example(name: str) -> NetworkFile:
    """Return a fresh copy of an example."""
    content = files("resources").joinpath("examples", name + SUFFIX).read_bytes()
    return loads(content, name + SUFFIX)
