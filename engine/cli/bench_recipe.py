"""``convnet bench learn --recipe``: an example trained on real pictures, its curve beside PyTorch's."""

from __future__ import annotations

import csv
import dataclasses
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import typer
from rich.console import Console
from rich.table import Table

from engine.cli import train as trainings
from engine.cli.figures import RunFigures
from engine.errors import DataNotFoundError
from engine.graph.examples import load_example
from engine.graph.network_file import SUFFIX, dumps
from engine.protocol.messages import RunState, Site
from engine.store.journal import Journal
from engine.store.run_folder import RunFolder

ERROR_BAR = 0.7
"""Largest difference of the mean test error of the last epochs, in percentage points."""

LOSS_BAR = 3.0
"""Largest difference of an epoch's training loss, in %, from epoch ``SETTLED`` on."""

LAST = 4
SETTLED = 8

DATA_VARIABLE = "CONVNET_TEST_DATA"
_ALL = 1 << 40  # entries of a journal


@dataclass(frozen=True)
class Recipe:
    """An example, the file of its pictures, and the curve that it is held against, if there is one."""

    example: str
    data: str
    curve: str | None


RECIPES = {
    "cifar10": Recipe("cifar10", "cifar10-jpeg.tar.xz", "cifar10-pytorch.csv"),
    "cifar10-long": Recipe("cifar10-long", "cifar10-jpeg.tar.xz", None),
}


@dataclass(frozen=True)
class Curve:
    """``losses``: each epoch's mean training loss; ``errors``: test error after it, in %.

    ``further`` are the figures of the last test by name, ``seconds`` those of training.
    """

    losses: Sequence[float]
    errors: Sequence[float]
    further: dict[str, float] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0

    @property
    def last_error(self) -> float:
        """Mean test error of the last epochs, in %."""
        return fmean(self.errors[-LAST:])


def learn(name: str, data: Path | None, seeds: int, runs: Path | None, device: str) -> bool:
    """Train a recipe with ``seeds`` seeds, print its figures, and return whether they reach their bars.

    Run folders in ``runs`` that are there already are gone on with, or taken as they are if they are whole.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise typer.BadParameter(f"Expected a recipe ({', '.join(RECIPES)}), found {name}.")
    path = _find(recipe, data)
    with tempfile.TemporaryDirectory() as folder:
        curves = [_train(recipe, path, seed, runs or Path(folder), device) for seed in range(seeds)]
    reference = None if recipe.curve is None else read_curve(recipe.curve)
    Console().print(table(curves, reference))
    return reference is None or holds(curves, reference)


def _find(recipe: Recipe, data: Path | None) -> Path:
    path = data or Path(os.environ.get(DATA_VARIABLE, ""), recipe.data)
    if not path.exists():
        hint = f"Name it with --data, or its folder in {DATA_VARIABLE}."
        raise DataNotFoundError(source=path, expected="the pictures of CIFAR-10", hint=hint)
    return path.absolute()


def _train(recipe: Recipe, data: Path, seed: int, runs: Path, device: str) -> Curve:
    path = runs / f"{recipe.example}-{seed}"
    if not path.exists():
        example = load_example(recipe.example)
        network = dataclasses.replace(example, data=dataclasses.replace(example.data, path=str(data)))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, recipe.example + SUFFIX)
            file.write_text(dumps(network), encoding="utf-8")
            trainings.train_new(file, path, Site(device), {"seed": seed})
    elif _state(path) is not RunState.FINISHED:
        trainings.train_on(path, None)
    return curve_of(path)


def _state(path: Path) -> RunState | None:
    journal = Journal(RunFolder.open(path).journal)
    state = journal.last_state()
    journal.close()
    return state


def curve_of(path: Path) -> Curve:
    """Return the curve of the run folder ``path``, whose network is tested after each epoch.

    A row of training figures that goes over the end of an epoch counts to the next one.
    """
    figures = RunFigures()
    journal = Journal(RunFolder.open(path).journal)
    for entry in journal.read(0, _ALL):
        figures.take(entry)
    journal.close()
    tests, rows = figures.rows("test"), figures.rows("train")
    losses = [
        fmean(row.loss for row in rows if first < row.step <= last)
        for first, last in pairwise([0, *(test.step for test in tests)])
    ]
    return Curve(losses, [100 * test.error for test in tests], dict(tests[-1].further), tests[-1].seconds)


def read_curve(name: str) -> Curve:
    """Return a curve that comes with the program."""
    text = files("resources").joinpath("curves", name).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return Curve(
        [float(row["train_loss"]) for row in rows], [float(row["test_error_percent"]) for row in rows]
    )


def mean_of(curves: Sequence[Curve]) -> Curve:
    """Return the mean of curves, epoch by epoch."""
    return Curve(
        [fmean(epoch) for epoch in zip(*(curve.losses for curve in curves), strict=True)],
        [fmean(epoch) for epoch in zip(*(curve.errors for curve in curves), strict=True)],
        {name: fmean(curve.further[name] for curve in curves) for name in curves[0].further},
        fmean(curve.seconds for curve in curves),
    )


def differences(curve: Curve, reference: Curve) -> tuple[float, float]:
    """Return how far the last test errors are apart, in points, and the losses at their worst, in %."""
    losses = zip(curve.losses, reference.losses, strict=True)
    apart = [100 * (mine / theirs - 1) for mine, theirs in losses][SETTLED:]
    return curve.last_error - reference.last_error, max(apart, key=abs)


def holds(curves: Sequence[Curve], reference: Curve) -> bool:
    """Whether the mean of ``curves`` is as near to ``reference`` as the bars ask."""
    error, loss = differences(mean_of(curves), reference)
    return abs(error) <= ERROR_BAR and abs(loss) <= LOSS_BAR


def table(curves: Sequence[Curve], reference: Curve | None) -> Table:
    """Return the figures of all seeds and of their mean, beside the reference."""
    found = Table("seed", box=None, pad_edge=False)
    for heading in _headings(curves[0], reference):
        found.add_column(heading, justify="right")
    for seed, curve in enumerate(curves):
        found.add_row(str(seed), *_cells(curve, reference))
    found.add_row("mean", *_cells(mean_of(curves), reference))
    if reference is not None:
        bars = ["", f"{ERROR_BAR:g}", "", f"{LOSS_BAR:g} %"]
        found.add_row("bar", *bars)
        found.add_row("PyTorch", f"{reference.last_error:.2f} %", "", f"{reference.losses[-1]:.4f}")
    return found


def _headings(curve: Curve, reference: Curve | None) -> Iterator[str]:
    yield f"test error, last {LAST} epochs"
    if reference is not None:
        yield "points apart"
    yield "last loss"
    if reference is not None:
        yield f"losses apart, from epoch {SETTLED}"
    yield from curve.further
    yield "seconds"


def _cells(curve: Curve, reference: Curve | None) -> Iterator[str]:
    apart = None if reference is None else differences(curve, reference)
    yield f"{curve.last_error:.2f} %"
    if apart is not None:
        yield f"{apart[0]:+.2f}"
    yield f"{curve.losses[-1]:.4f}"
    if apart is not None:
        yield f"{apart[1]:+.1f} %"
    yield from (f"{value:.4f}" for value in curve.further.values())
    yield f"{curve.seconds:,.0f}"
