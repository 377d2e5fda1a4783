"""Makes a network of cuda-convnet's two files. Nothing in them is imported, called or evaluated.

Source: cuda-convnet, layer.py; cuda-convnet2, layer.py and its example layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from engine.errors import FileFormatError, InvalidFileError
from engine.graph.comment import LONGEST_TEXT, Comment
from engine.graph.cuda_convnet.builder import Builder
from engine.graph.cuda_convnet.entry import Entry
from engine.graph.cuda_convnet.sections import LARGEST_FILE, parse
from engine.graph.cuda_convnet.values import whole
from engine.graph.network_file import NetworkFile
from engine.graph.settings import DataSettings
from engine.graph.validate import infer_shapes
from engine.words import Words

_LETTERS_A_LINE = 34
"""Of the comment that tells what was left out."""


@dataclass(frozen=True)
class Imported:
    """A network, and ``notes`` on what of the files it does not have."""

    network: NetworkFile
    notes: tuple[Words, ...]


def import_files(
    layers: Path, parameters: Path, size: tuple[int, int], say: Callable[[Words], str] = str
) -> Imported:
    """Make a network of two files, as ``import_network`` does; FileFormatError for an unreadable one."""
    return import_network(_read(layers), _read(parameters), size, (str(layers), str(parameters)), say)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise FileFormatError(
            path=path,
            where="file",
            expected="a file of cuda-convnet that can be read",
            found=Words("none ({reason})", reason=error.strerror),
            hint="Correct the path.",
        ) from error


def import_network(
    layers: bytes,
    parameters: bytes,
    size: tuple[int, int],
    paths: tuple[str, str] = ("layers.cfg", "layer-params.cfg"),
    say: Callable[[Words], str] = str,
) -> Imported:
    """Make a network of a file of layers and one of their parameters; pictures have ``size`` in px.

    What of the files it does not have is noted on its canvas, too, as ``say`` puts it.

    Raises InvalidFileError with all problems of both files.
    """
    problems: list[FileFormatError] = []
    sections, of_parameters = (
        parse(content, path, problems) for content, path in zip((layers, parameters), paths, strict=True)
    )
    entries = [Entry(section, of_parameters.get(section.name), problems) for section in sections.values()]
    builder = Builder(entries, size, problems)
    builder.build()
    if not problems:
        _check_declared(builder, entries)
    for name, section in of_parameters.items():
        if name not in sections:
            builder.notes.tell(name, Words("a section of {path}, belongs to no layer", path=section.path))
    if not problems and not entries:
        problems.append(
            FileFormatError(path=paths[0], where="file", expected="sections of layers", found="none", hint="")
        )
    if problems:
        raise InvalidFileError(tuple({str(problem): problem for problem in problems}.values()))
    graph, period = builder.graph, builder.usual.period
    if period > 1:
        builder.notes.tell(
            "updatePeriod",
            Words("updates after {count} batches are those of one batch as large", count=period),
        )
    # The pixels' own range and the mean picture, as cuda-convnet's data providers have it.
    data = DataSettings(source="path", scale=1.0, mean="picture")
    network = NetworkFile(graph=graph, training=builder.usual.settings(), data=data)
    notes = builder.notes.lines()
    if notes:
        files = ", ".join(Path(path).name for path in paths)
        text = "\n".join((files, *map(say, notes)))[:LONGEST_TEXT]
        height = 24.0 + 20.0 * sum(map(_lines, text.splitlines()))
        network.comments["import"] = Comment(text, (-340.0, 0.0), (300.0, height))
    return Imported(network, tuple(notes))


def _lines(text: str) -> int:
    """Return in how many lines of a comment a text has room; Japanese signs are two letters wide."""
    letters = sum(1 + (east_asian_width(sign) in "WF") for sign in text)
    return 1 + letters // _LETTERS_A_LINE


def _check_declared(builder: Builder, entries: Iterable[Entry]) -> None:
    """Hold what the files say of shapes, and what need not be said here, against what comes out."""
    outputs, _ = infer_shapes(builder.graph)
    for entry in entries:
        for key, found in _shapes_of(builder, entry, outputs).items():
            for said, is_so in zip(entry.each(key, whole, 0, "a whole number"), found, strict=False):
                if said not in (0, is_so):
                    expected = Words("{count}, which follows from the other layers", count=is_so)
                    entry.problem(key, expected, str(said))


def _shapes_of(builder: Builder, entry: Entry, outputs: dict[str, Any]) -> dict[str, list[int]]:
    shapes = [outputs[builder.ends[name]].shape for name in entry.inputs if builder.ends[name] in outputs]
    if not shapes or len(shapes) < len(entry.inputs) or any(len(shape) != 3 for shape in shapes):
        return {}
    channels = [shape[2] for shape in shapes]
    output = outputs.get(entry.name)
    groups = entry.each("groups", whole, 1, "a whole number")
    return {
        "channels": channels,
        "filterchannels": [count // max(1, into) for count, into in zip(channels, groups, strict=True)],
        "modulesx": [output.shape[0]] if output is not None and len(output.shape) == 3 else [],
    }
