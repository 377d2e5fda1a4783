"""``convnet bench``: figures of this machine, each against its bar."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.cli.bench_cpu import bench_cpu
from engine.cli.bench_data import bench_data
from engine.cli.bench_gpu import bench_gpu
from engine.cli.bench_side import require_torch
from engine.cli.bench_split import bench_split

app = typer.Typer(
    help="Measure this machine and this version, each figure against its bar.", no_args_is_help=True
)


app.command("cpu")(bench_cpu)
app.command("data")(bench_data)
app.command("gpu")(bench_gpu)
app.command("split")(bench_split)


@app.command("start")
def start(times: Annotated[int, typer.Option(min=1, help="How often each is started.")] = 5) -> None:
    """Time the command line's help, and the studio from its start to its first painted window.

    Exits with 1 where the quickest start takes longer than its bar.
    """
    from engine.cli import bench_start

    if not bench_start.start(times):
        raise typer.Exit(1)


@app.command("resume")
def resume(
    stops: Annotated[int, typer.Option(min=1, help="Random steps to stop at, one training each.")] = 20,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of each training.")] = 3,
    seed: Annotated[int, typer.Option(help="Chooses the steps.")] = 0,
) -> None:
    """Stop trainings of the digits at random steps, resume them, and compare the final weights.

    Exits with 1 where a resumed training is not, bit for bit, the one that was never stopped.
    """
    from engine.cli import bench_resume

    if not bench_resume.resume(stops, epochs, seed):
        raise typer.Exit(1)


@app.command("learn")
def learn(
    *,
    recipe: Annotated[
        str | None, typer.Option(help="cifar10 or cifar10-long: train this example.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="A recipe's pictures.", show_default="cifar10-jpeg.tar.xz in $CONVNET_TEST_DATA"),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many trainings of a recipe.")] = 3,
    runs: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep a recipe's runs here, and go on with those that are here."),
    ] = None,
    device: Annotated[str, typer.Option(metavar="cpu|cuda:N", help="Where to train a recipe.")] = "cpu",
    peer: Annotated[
        Literal["none", "torch"],
        typer.Option(help="Train both examples in PyTorch too, by turns, and compare."),
    ] = "none",
) -> None:
    """Train the digits example with 5 seeds and the shapes example once; or a recipe that takes longer.

    Exits with 1 where an error is above its bar, or a training took longer than it may. A recipe's curves are
    held against PyTorch's, where there is one.
    """
    from engine.cli import bench_learn, bench_learn_peer, bench_recipe

    if peer == "torch":
        require_torch()
        if not bench_learn_peer.compare(seeds):
            raise typer.Exit(1)
        return
    reached = bench_learn.learn() if recipe is None else bench_recipe.learn(recipe, data, seeds, runs, device)
    if not reached:
        raise typer.Exit(1)


@app.command("dashboard")
def dashboard(
    seconds: Annotated[float, typer.Option(min=1.0, help="How long each round is played.")] = 10.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often; the best one counts.")] = 3,
    pairs: Annotated[int, typer.Option(min=1, help="Trainings, each watched and not by turns.")] = 20,
    minutes: Annotated[
        float, typer.Option(min=0.0, help="Only play for so long, and see whether memory grows.")
    ] = 0.0,
) -> None:
    """Play a training of 1,000 events a second to the studio, open 1,000,000 points, and watch trainings.

    Exits with 1 where a bar is not met.
    """
    from engine.cli import bench_dashboard

    met = bench_dashboard.soak(minutes) if minutes else bench_dashboard.measure(seconds, rounds, pairs)
    if not met:
        raise typer.Exit(1)


@app.command("oracle")
def oracle(
    network: Annotated[Path, typer.Argument(help="A *.convnet file.", show_default=False)],
    steps: Annotated[int, typer.Option(min=1, help="Steps to compare.")] = 200,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Instead of the network's own.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="A data set to take pictures from, in place of random ones.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.0, help="End early after so long; 0 never does.")] = 0.0,
) -> None:
    """Train beside PyTorch in float64 from the same weights, on the same pictures, and compare the losses.

    Exits with 1 where two losses are further apart than the bar.
    """
    from engine.cli import bench_oracle
    from engine.graph.network_file import load

    file = load(network)
    if not bench_oracle.oracle(file, steps, batch_size or file.training.batch_size, data, seconds):
        raise typer.Exit(1)
