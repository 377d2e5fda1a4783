"""``convnet predict``: what a trained network sees on pictures."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.data.dataset import Skipped
from engine.errors import FileWriteError
from engine.training.predict import Answer, Predictor, find_trained

_MOST_AT_ONCE = 16  # pictures of a batch; all views of so many large ones take some 100 MB


def predict(
    run: Path, pictures: Sequence[Path], top: int, table_file: Path | None, device: str = "cpu"
) -> None:
    """Print the ``top`` classes of each picture, and write them to ``table_file`` as CSV.

    Raises typer.Exit with code 1 where no picture could be read, and ConvNetError where the network cannot
    be used or the file not be written.
    """
    predictor = Predictor(find_trained(run), min(len(pictures), _MOST_AT_ONCE), device)
    answers: list[tuple[Path, Answer]] = []
    skipped: list[Skipped] = []
    for path, answer in predictor.predict(pictures):
        if isinstance(answer, Skipped):
            skipped.append(answer)
        else:
            answers.append((path, answer[:top]))
    if answers:
        Console().print(_table(answers))
    if skipped:
        lines = (f"\n  {file.name}: {file.reason}" for file in skipped)
        print(f"Skipped: {len(skipped):,} of {len(pictures):,} pictures{''.join(lines)}", file=sys.stderr)
    if table_file is not None:
        _write(table_file, answers)
    if not answers:
        raise typer.Exit(1)


def _table(answers: Sequence[tuple[Path, Answer]]) -> Table:
    table = Table("picture", "class", box=None)
    table.add_column("probability", justify="right")
    for path, answer in answers:
        for number, (name, probability) in enumerate(answer):
            picture = "" if number else escape(str(path))
            table.add_row(picture, escape(name), f"{100 * probability:.2f} %")
    return table


def _write(path: Path, answers: Sequence[tuple[Path, Answer]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("picture", "rank", "class", "probability"))
            for picture, answer in answers:
                for rank, (name, probability) in enumerate(answer, start=1):
                    writer.writerow((picture, rank, name, f"{probability:.9g}"))
    except OSError as error:
        raise FileWriteError(path=str(path), reason=error.strerror or str(error)) from error
