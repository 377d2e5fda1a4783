"""``convnet import``: makes a network file of cuda-convnet's layers.cfg and layer-params.cfg."""

from __future__ import annotations

from pathlib import Path

from engine.errors import FileWriteError
from engine.graph.cuda_convnet.network import import_files
from engine.graph.network_file import SUFFIX, save
from engine.graph.validate import inspect_network


def write_network(layers: Path, parameters: Path, network: Path, size: int) -> None:
    """Write the network that the two files describe, and print what of them it does not have.

    What keeps it from being trained yet is printed too. Raises InvalidFileError with all problems of the
    files, FileFormatError for one that cannot be read, and FileWriteError where the file is there already.
    """
    if network.suffix != SUFFIX:
        network = network.with_name(network.name + SUFFIX)
    if network.exists():
        raise FileWriteError(path=network, reason="it is there already")
    imported = import_files(layers, parameters, (size, size))
    try:
        save(imported.network, network)
    except OSError as error:
        raise FileWriteError(path=network, reason=error.strerror or str(error)) from error
    print(f"Wrote {network}: {len(imported.network.graph)} layers, pictures of {size} × {size} px.")
    for note in imported.notes:
        print(f"Note: {note}")
    for problem in inspect_network(imported.network.graph).problems:
        print(f"To do: {problem}")
    print("To do: choose the data set, in the studio or under data in the file.")
