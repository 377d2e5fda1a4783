"""``convnet``: trains, describes and asks networks, and shows data sets, in a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.cli import bench, data
from engine.errors import ConvNetError, InvalidFileError, InvalidNetworkError

app = typer.Typer(
    help="Train and describe convolutional networks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data")
app.add_typer(bench.app, name="bench")

NetworkPath = Annotated[Path, typer.Argument(metavar="NETWORK", help="A *.convnet file.", show_default=False)]


def _show_version(wanted: bool) -> None:
    if wanted:
        from engine.version import program_version

        print(f"convnet {program_version()}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    pass


@app.command()
def train(  # noqa: PLR0917 - typer passes each option by name
    network: Annotated[Path | None, typer.Argument(help="A *.convnet file.", show_default=False)] = None,
    run_folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A new folder for the run; else one is made where $CONVNET_RUNS says.",
            show_default=False,
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            "--devices",
            metavar="cpu|cpu:N|cuda:N[,cuda:M]",
            help="Where to train; on several devices one process each.",
            show_default="cpu",
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="How several devices share the network out: a split of the file, or data, model, hybrid, "
            "hybrid-b, hybrid-c.",
            show_default="the file's over so many devices, or data",
        ),
    ] = None,
    mpi: Annotated[
        str,
        typer.Option(
            metavar="COMMAND",
            help='What starts the processes, such as "srun" or "mpiexec -f HOSTS".',
            show_default="mpiexec",
        ),
    ] = "",
    seed: Annotated[int | None, typer.Option(help="Instead of the network's own.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Instead of the network's own.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Instead of the network's own.")] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="auto|bfloat16|tf32|float32", help="What a GPU multiplies with.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN_FOLDER", help="Go on with a stopped run, in place of a new one."),
    ] = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the figures for TensorBoard, too.", show_default=False),
    ] = None,
) -> None:
    """Train a network, or go on with a run. Ctrl+C stops it with a checkpoint."""
    from engine.cli import train as trainings
    from engine.protocol.messages import Site

    overrides = {"seed": seed, "epochs": epochs, "batch_size": batch_size, "precision": precision}
    given = {name: value for name, value in overrides.items() if value is not None}
    if (network is None) == (resume is None):
        raise typer.BadParameter("Expected a network, or --resume with a run folder, and not both.")
    if network is not None:
        trainings.train_new(network, run_folder, Site(device or "cpu", split or "", mpi), given, tensorboard)
    elif resume is not None:
        if given or run_folder is not None:
            raise typer.BadParameter(
                "With --resume all settings but --devices and --split are those of the run."
            )
        trainings.train_on(resume, device, split, mpi, tensorboard)


@app.command()
def predict(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN_OR_CHECKPOINT",
            help="A run folder, or a checkpoint's step-….json in one.",
            show_default=False,
        ),
    ],
    pictures: Annotated[list[Path], typer.Argument(help="Picture files.", show_default=False)],
    top: Annotated[int, typer.Option(min=1, help="How many classes to show.")] = 5,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the same as CSV.", show_default=False)
    ] = None,
    device: Annotated[str, typer.Option(metavar="cpu|cuda:N", help="What answers.")] = "cpu",
) -> None:
    """Show what a trained network sees on pictures. Exits with 1 where none can be read."""
    from engine.cli import predict as predictions

    predictions.predict(run, pictures, top, csv, device)


@app.command()
def features(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN_OR_CHECKPOINT",
            help="A run folder, or a checkpoint's step-….json in one.",
            show_default=False,
        ),
    ],
    layer: Annotated[str, typer.Argument(help="Whose outputs to write.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="*.npz, or *.csv.", show_default=False)],
    split: Annotated[str, typer.Option(metavar="train|validation|test", help="Of which pictures.")] = "test",
) -> None:
    """Write what a layer of a trained network gives for all pictures of a split, with their labels."""
    from engine.cli import features as outputs
    from engine.data.dataset import SPLITS

    chosen = next((name for name in SPLITS if name == split), None)
    if chosen is None:
        raise typer.BadParameter("Expected train, validation or test.", param_hint="--split")
    outputs.write_features(run, layer, chosen, file)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="A run folder.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="RUN/report.html"),
    ] = None,
) -> None:
    """Write a run on one page of HTML: network, settings, curves, filters, confusions."""
    from engine.cli import report as reports

    print(reports.write_report(run, output))


@app.command()
def describe(
    network: NetworkPath,
    plan: Annotated[bool, typer.Option("--plan", help="Show the compiled plan as well.")] = False,
    split: Annotated[
        str | None,
        typer.Option(help="Show the plan under this split, as in verify.", show_default="one device"),
    ] = None,
    devices: Annotated[
        str, typer.Option(metavar="cpu:N|cuda:0,…", help="Devices to split over; they need not be here.")
    ] = "cpu:1",
) -> None:
    """Show the layers of a network with shapes, weights and cost, and its problems."""
    from engine.cli import describe as descriptions

    descriptions.describe(network, plan=plan, split=split, devices=devices)


@app.command("import")
def import_network(
    layers: Annotated[Path, typer.Argument(help="cuda-convnet's layers.cfg.", show_default=False)],
    parameters: Annotated[Path, typer.Argument(help="Its layer-params.cfg.", show_default=False)],
    network: Annotated[
        Path, typer.Argument(metavar="NETWORK", help="The *.convnet file to write.", show_default=False)
    ],
    size: Annotated[
        int, typer.Option(min=1, max=65_536, help="Height and width of its pictures, in px.")
    ] = 32,
) -> None:
    """Make a network file of cuda-convnet's (or cuda-convnet2's) two files, and say what is left to do."""
    from engine.cli import import_cfg

    import_cfg.write_network(layers, parameters, network, size)


@app.command()
def verify(  # noqa: PLR0917 - typer passes each option by name
    network: NetworkPath,
    devices: Annotated[
        str, typer.Option(metavar="cpu:N|cuda:N", help="How many ranks, as threads, or a GPU.")
    ] = "cpu:2",
    split: Annotated[
        str, typer.Option(help="A split of the file, or data, model, hybrid, hybrid-b, hybrid-c.")
    ] = "data",
    steps: Annotated[int, typer.Option(min=1, help="How many training steps.")] = 20,
    batch_size: Annotated[int | None, typer.Option(help="Instead of the network's own.")] = None,
    float32: Annotated[
        bool, typer.Option("--float32", help="Show how much they differ in float32, too.")
    ] = False,
) -> None:
    """Train a network split, or on a GPU, and on one CPU, in float64; say whether the answer is the same."""
    from engine.cli import verify as verifications

    verifications.verify(network, devices, split, steps=steps, batch_size=batch_size, single=float32)


@app.command()
def serve(
    run_folder: Annotated[
        Path | None,
        typer.Argument(help="A run that has ended; without it, this computer.", show_default=False),
    ] = None,
    linger: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to stay while nobody looks.", min=0.0)
    ] = 3600.0,
) -> None:
    """Let a run that has ended be looked at, without training. Ctrl+C ends that.

    Without a run: let a studio on another computer train here. It starts this itself, through ssh.
    """
    if run_folder is None:
        from engine.cli import computer

        computer.serve()
    else:
        from engine.cli import serve as serving

        serving.serve(run_folder, linger)


@app.command()
def runs() -> None:
    """List your runs on this machine: those that go on, and those that have ended."""
    from engine.cli import runs as listing

    listing.show_runs()


def main() -> None:
    """Run the command line; what the user can put right is told in one message, with exit code 2."""
    try:
        app(prog_name="convnet")
    except InvalidFileError as error:
        sys.exit(_fail("\n".join(("The files cannot be imported:", *(f"  {one}" for one in error.problems)))))
    except InvalidNetworkError as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        sys.exit(_fail(f"The network cannot be trained:\n{problems}"))
    except ConvNetError as error:
        sys.exit(_fail(str(error)))


def _fail(message: str) -> int:
    print(f"convnet: {message.strip()}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
