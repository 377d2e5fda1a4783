"""``convnet data``: what data sets hold, and getting them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from engine.data.dataset import Dataset
    from engine.data.decoders import Progress
    from engine.graph.settings import DataSettings

app = typer.Typer(help="Show what data sets hold, and get them.", no_args_is_help=True)

_SKIPPED_SHOWN = 20


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
    data: Annotated[str, typer.Argument(metavar="digits|shapes|PATH", help="A data set, file or folder.")],
    size: Annotated[
        int, typer.Option(min=0, max=4096, help="Scale picture files to this, in px; 0 keeps their size.")
    ] = 0,
    grey: Annotated[bool, typer.Option("--grey", help="Read picture files as grey ones.")] = False,
    sheet: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the first pictures of each class here.")
    ] = None,
) -> None:
    """Show how many pictures of each class a data set has, which values they hold, and what was skipped."""
    from rich.console import Console

    from engine.data.contact_sheet import save_sheet
    from engine.data.open import open_dataset

    with decoding_shown() as progress:
        dataset = open_dataset(_settings(data, size, grey), Path(), progress)
    console = Console()
    heading = f"{dataset.name}: {len(dataset.class_names)} classes, {_picture_text(dataset)}"
    console.print(heading, markup=False)
    console.print(_class_table(dataset))
    if dataset.skipped:
        print(f"Skipped: {len(dataset.skipped):,} files")
        for skipped in dataset.skipped[:_SKIPPED_SHOWN]:
            print(f"  {skipped.name}: {skipped.reason}")
        if len(dataset.skipped) > _SKIPPED_SHOWN:
            print("  …")
    if sheet is not None:
        save_sheet(dataset, sheet)
        print(f"Contact sheet: {sheet}")


@contextmanager
def decoding_shown() -> Iterator[Progress]:
    """Show how many pictures are decoded, on the terminal's error stream, once that takes a while."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,} pictures decoded"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("decoding", total=None, visible=False)
        yield lambda done: bar.update(task, completed=done, visible=True)


def _settings(data: str, size: int, grey: bool) -> DataSettings:
    """Take a word that is no file for the name of a data set, so that a slip of the pen is told as one.

    Raises DataNotFoundError for a word that is neither.
    """
    from engine.data.open import BUILT_IN
    from engine.errors import DataNotFoundError
    from engine.graph.settings import DataSettings

    path = Path(data)
    if data not in BUILT_IN and (path.exists() or path.suffix or len(path.parts) > 1):
        return DataSettings(source="path", path=data, size=size, colour="grey" if grey else "colour")
    if data not in BUILT_IN:
        raise DataNotFoundError(
            source=data,
            expected=f"a data set ({', '.join(BUILT_IN)}) or the path of one",
            hint="Correct the name or the path.",
        )
    return DataSettings(source=data)


def _picture_text(dataset: Dataset) -> str:
    height, width, channels = dataset.picture_shape
    return f"{height} × {width} px, {channels} channel{'s' if channels > 1 else ''}"


def _class_table(dataset: Dataset) -> Table:
    import numpy as np
    from rich.markup import escape
    from rich.table import Table

    from engine.data.dataset import SPLITS
    from engine.data.statistics import value_range

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
    values = [value_range(split.pictures) if len(split) else None for split in splits]
    table.add_row("", "values", *("" if value is None else f"{value.low}–{value.high}" for value in values))
    table.add_row("", "mean", *("" if value is None else f"{value.mean:.1f}" for value in values))
    return table


@app.command("get")
def get(
    name: Annotated[str, typer.Argument(metavar="cifar10", help="The data set.")],
    url: Annotated[
        str,
        typer.Option("--from", metavar="URL", envvar="CONVNET_DATA_URL", help="Where its file is."),
    ],
    to: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder to put it in.", file_okay=False)
    ] = Path(),
    sha256: Annotated[
        str | None,
        typer.Option(metavar="HEX", help="What the file's hash must be, in place of the known one."),
    ] = None,
) -> None:
    """Get a data set's file from a server. Run again, it goes on where it was interrupted."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    from engine.data.download import KNOWN, download, file_name, known_sha256
    from engine.errors import DataError, DataNotFoundError

    if name not in KNOWN:
        expected = f"a data set to get ({', '.join(KNOWN)})"
        raise DataNotFoundError(source=name, expected=expected, hint="Choose one of these.")
    file = file_name(url)
    wanted = sha256.lower() if sha256 else known_sha256(name, file)
    if wanted is None:
        raise DataError(
            source=url,
            expected=f"a file called {' or '.join(known.name for known in KNOWN[name])}",
            found=file,
            hint="Say with --sha256 what the hash of another file must be.",
        )
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(file, total=None)
        download(url, to / file, wanted, lambda done, total: bar.update(task, completed=done, total=total))
    print(f"{to / file}: complete, sha256 {wanted}")
