"""``convnet data``: what the data sets hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from engine.data.dataset import Dataset
    from engine.graph.settings import DataSettings

app = typer.Typer(help="Show what the data sets hold.", no_args_is_help=True)


@app.command("list")
def list_built_in() -> None:
    """List the data sets that come with the program."""
    from rich.console import Console
    from rich.table import Table

    from engine.data.dataset import SPLITS
    from engine.data.open import BUILT_IN

    table = Table("data set", "pictures", box=None)
    for heading in ("classes", *SPLITS):
        table.add_column(heading, justify="right")
    for load in BUILT_IN.values():
        dataset = load()
        counts = (len(dataset.class_names), *(len(dataset.split(name)) for name in SPLITS))
        table.add_row(dataset.name, _picture_text(dataset), *(f"{count:,}" for count in counts))
    Console().print(table)


@app.command("inspect")
def inspect(
    data: Annotated[str, typer.Argument(metavar="digits|shapes|PATH", help="A data set, or an .npz file.")],
) -> None:
    """Show how many pictures of each class a data set has, and which values they hold."""
    from rich.console import Console

    from engine.data.open import open_dataset

    dataset = open_dataset(_settings(data), Path())
    console = Console()
    heading = f"{dataset.name}: {len(dataset.class_names)} classes, {_picture_text(dataset)}"
    console.print(heading, markup=False)
    console.print(_class_table(dataset))


def _settings(data: str) -> DataSettings:
    """Take a word that is no file for the name of a data set, so that a slip of the pen is told as one."""
    from engine.data.open import BUILT_IN
    from engine.graph.settings import DataSettings

    path = Path(data)
    if data not in BUILT_IN and (path.exists() or path.suffix):
        return DataSettings(source="path", path=data)
    return DataSettings(source=data)


def _picture_text(dataset: Dataset) -> str:
    height, width, channels = dataset.picture_shape
    return f"{height} × {width} px, {channels} channel{'s' if channels > 1 else ''}"


def _class_table(dataset: Dataset) -> Table:
    import numpy as np
    from rich.markup import escape
    from rich.table import Table

    from engine.data.dataset import SPLITS

    splits = [dataset.split(name) for name in SPLITS]
    table = Table("label", "class", box=None)
    for name in SPLITS:
        table.add_column(name, justify="right")
    classes = len(dataset.class_names)
    counts = np.stack([np.bincount(split.labels, minlength=classes) for split in splits], axis=1)
    for label, class_name in enumerate(dataset.class_names):
        table.add_row(str(label), escape(class_name), *(f"{count:,}" for count in counts[label]))
    table.add_section()
    table.add_row("", "all", *(f"{len(split):,}" for split in splits))
    table.add_row("", "values", *(f"{split.pictures.min()}–{split.pictures.max()}" for split in splits))
    table.add_row("", "mean", *(f"{split.pictures.mean():.1f}" for split in splits))
    return table
