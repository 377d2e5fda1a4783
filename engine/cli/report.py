"""``convnet report``: a run on one page of HTML that needs nothing else."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from engine.cli.describe import HEADINGS, layer_rows
from engine.cli.report_page import curves_svg, page, section, table
from engine.curves import Columns
from engine.errors import ConvNetError, FileWriteError
from engine.graph import network_file
from engine.graph.network_file import NetworkFile
from engine.graph.validate import inspect_network
from engine.layers.field_texts import field_text
from engine.layers.fields import field_specs
from engine.library.cards import read_card
from engine.library.found import run_folders
from engine.protocol.library import RunCard
from engine.store.glance import glance
from engine.store.run_folder import RunFolder
from engine.store.snapshots import SnapshotStore

MOST_POINTS: Final = 1000
"""Points of a curve."""

MOST_FILTERS: Final = 96

MOST_ACROSS, LARGEST_WEIGHT = 900, 12
"""Width of a picture of filters and of a weight in it at most, px."""


def write_report(run_folder: Path, file: Path | None) -> Path:
    """Write the report of a run, into its folder where no file is named; raises ConvNetError."""
    run = RunFolder.open(run_folder)
    target = file or run.path / "report.html"
    card = read_card(run.path, run_folders().get(run.path))
    network = network_file.load(run.network)
    parts = [
        section("Result", _result(card)),
        section("Curves", _curves(run)),
        section("Confusions of the test pictures", _confusions(run)),
        section("Filters", _filters(run, network)),
        section("Network", _layers(network)),
        section("Settings", _settings(network)),
        section("Settings edited while it ran", _edits(run, network)),
        section("Device", _device(run, card)),
    ]
    try:
        target.write_text(page(card.title or card.name, [part for part in parts if part]), encoding="utf-8")
    except OSError as error:
        raise FileWriteError(path=str(target), reason=error.strerror or str(error)) from error
    return target


def _result(card: RunCard) -> str:
    facts = [
        ("State", card.state.value if card.state is not None else "ended without a word"),
        ("Begun", time.strftime("%Y-%m-%d %H:%M", time.localtime(card.created))),
        ("Steps", f"{card.step:,}"),
        ("Training time", f"{card.seconds:,.1f} s"),
        ("Least validation error", _percent(card.validation_error)),
        ("Test error", _percent(card.test_error)),
    ]
    if card.fork is not None:
        facts.append(("Went on from", f"step {card.fork.step:,} of {card.fork.run_folder}"))
    return table((), facts)


def _curves(run: RunFolder) -> str:
    with glance(run.journal) as journal:
        curves: dict[str, Columns] = {str(split): part for split, part in journal.curves(MOST_POINTS).items()}
    steps = {split: columns["step"].astype(int).tolist() for split, columns in curves.items()}
    loss = {split: columns["loss"].tolist() for split, columns in curves.items()}
    error = {split: (100 * columns["error"]).tolist() for split, columns in curves.items()}
    return curves_svg("Loss, nats", steps, loss) + curves_svg("Error, %", steps, error)


def _confusions(run: RunFolder) -> str:
    from engine.examiner.__main__ import Desk
    from engine.protocol.examination import ExamineSplit, SplitExamined

    try:
        told = Desk().answer(ExamineSplit(str(run.path), "test"))
    except ConvNetError as error:
        return f"<p>{escape(str(error))}</p>"
    assert isinstance(told, SplitExamined)
    rows = [(name, *counts) for name, counts in zip(told.classes, told.confusion, strict=True)]
    words = f"<p>With the weights of step {told.step:,}. Rows: true class; columns: answer.</p>"
    return words + table(("", *told.classes), rows, shade=True)


def _filters(run: RunFolder, network: NetworkFile) -> str:
    snapshots = SnapshotStore(run.snapshots)
    steps = snapshots.steps()
    parts = []
    for name, layer in network.graph.layers().items():
        if layer.kind != "conv" or not steps:
            continue
        try:
            weights = snapshots.read(steps[-1], f"{name}.weights")
        except KeyError:
            continue
        if weights.shape[3] in (1, 3):
            shown = weights[:MOST_FILTERS]
            words = f"{name}: {len(shown)} of {len(weights)} filters, step {steps[-1]:,}"
            parts.append(f"<figure>{_mosaic(shown)}<figcaption>{escape(words)}</figcaption></figure>")
    return "".join(parts)


def _mosaic(filters: np.ndarray) -> str:
    """Return filters (count, height, width, channels) as tiles of one PNG; 0 is grey."""
    largest = float(np.abs(np.nan_to_num(filters)).max()) or 1.0
    tones = np.rint(127.5 + 127.5 * np.nan_to_num(filters) / largest).astype(np.uint8)
    count, height, width, _ = tones.shape
    columns = min(MOST_ACROSS // (3 * (width + 1)), 8 if count <= MOST_FILTERS // 2 else 16, count)
    rows = -(-count // columns)
    sheet = np.full((rows * (height + 1), columns * (width + 1), 3), 255, np.uint8)
    for number, tile in enumerate(tones):
        row, column = divmod(number, columns)
        top, left = row * (height + 1), column * (width + 1)
        sheet[top : top + height, left : left + width] = np.broadcast_to(tile, (height, width, 3))
    stream = io.BytesIO()
    Image.fromarray(sheet).save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    pixels = max(3, min(LARGEST_WEIGHT, MOST_ACROSS // sheet.shape[1]))
    across = sheet.shape[1] * pixels
    return f'<img class="filters" width="{across}" src="data:image/png;base64,{data}" alt="filters">'


def _layers(network: NetworkFile) -> str:
    rows = layer_rows(network.graph, inspect_network(network.graph))
    return table(HEADINGS, [[f"{int(cell):,}" if cell.isdecimal() else cell for cell in row] for row in rows])


def _settings(network: NetworkFile) -> str:
    return table(("Setting", "Value"), list(_fields(network)))


def _fields(network: NetworkFile) -> Iterator[Sequence[str]]:
    yield "Schedule", network.training.schedule.title
    for holder in (network.training.schedule, network.training, network.data):
        for name, spec in field_specs(type(holder)).items():
            yield spec.title, field_text(spec, getattr(holder, name))


def _edits(run: RunFolder, network: NetworkFile) -> str:
    with glance(run.journal) as journal:
        edits = journal.edits()
    titles = {name: spec.title for name, spec in field_specs(type(network.training)).items()}
    titles["rate"] = field_specs(type(network.training.schedule))["rate"].title
    rows = [(f"{edit.step:,}", titles[edit.setting], f"{edit.old:g}", f"{edit.new:g}") for edit in edits]
    return table(("After step", "Setting", "Old", "New"), rows) if rows else ""


def _device(run: RunFolder, card: RunCard) -> str:
    lock = run.lock.read_text(encoding="utf-8") if run.lock.exists() else ""
    details = f"<details><summary>What the plan was compiled to</summary><pre>{escape(lock)}</pre></details>"
    program = ("Program", f"ConvNet Studio {run.description.program_version}")
    return table((), [("Device", card.device), program]) + (details if lock else "")


def _percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.2f} %"
