"""``convnet train``: starts an engine, follows the run, and stops it on Ctrl+C."""

from __future__ import annotations

import dataclasses
import shlex
import subprocess
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from engine.cli.figures import RunFigures
from engine.cli.follow import Follower, figures_table, further_table
from engine.cli.interrupts import Interrupts
from engine.cli.tensorboard import EventFile
from engine.errors import ConvNetError
from engine.graph import network_file
from engine.graph.presets import choose_split
from engine.graph.validate import check_network
from engine.parallel.devices import device_names
from engine.protocol.client import Client
from engine.protocol.internal import ResumeRun, StartRun
from engine.protocol.launch import LaunchedEngine, launch
from engine.protocol.messages import Entry, GetNetwork, RunState, Shutdown, Site, StateChanged
from engine.protocol.problems import rebuild
from engine.runtime.devices import device_kind

_LINGER = 60.0  # s that an engine stays after its run when this program was killed
_INTERRUPTED = 130  # exit code of a program that Ctrl+C ended


def train_new(
    network: Path,
    run_folder: Path | None,
    site: Site,
    overrides: dict[str, Any],
    tensorboard: Path | None = None,
) -> None:
    """Train the network at a path in a new run folder; raises ConvNetError; typer.Exit after Ctrl+C.

    ``overrides`` are training settings in place of the file's. Figures go to the folder ``tensorboard``, too.
    """
    devices = _check_devices(site.device)
    loaded = network_file.load(network)
    training = dataclasses.replace(loaded.training, **overrides)
    text = network_file.dumps(dataclasses.replace(loaded, training=training))
    checked = network_file.loads(text, str(network))
    check_network(checked.graph)
    choose_split(checked.graph, checked.splits, site.split, len(devices))
    _run(
        StartRun(
            network=text,
            name=network.stem,
            base=str(network.absolute().parent),
            run_folder=None if run_folder is None else str(run_folder.absolute()),
            device=site.device,
            split=site.split,
            launcher=site.launcher,
            linger_seconds=_LINGER,
        ),
        tensorboard,
    )


def train_on(
    run_folder: Path,
    device: str | None,
    split: str | None = None,
    launcher: str = "",
    tensorboard: Path | None = None,
) -> None:
    """Go on with a run, on other devices or under another split if asked for; raises as ``train_new``."""
    if device is not None:
        _check_devices(device)
    _run(ResumeRun(str(run_folder.absolute()), device, _LINGER, split, launcher), tensorboard)


def _check_devices(text: str) -> tuple[str, ...]:
    devices = device_names(text)
    for name in devices:
        device_kind(name)
    return devices


def _run(instructions: StartRun | ResumeRun, tensorboard: Path | None) -> None:
    with ExitStack() as stack:
        events = None if tensorboard is None else stack.enter_context(EventFile(tensorboard))
        _follow(instructions, None if events is None else events.take)


def _follow(instructions: StartRun | ResumeRun, tap: Callable[[Entry], None] | None) -> None:
    console = Console()
    interrupts = Interrupts()
    engine = launch(instructions)
    with Client(engine.connection, engine.process) as client:
        welcome = client.connect()
        _print(console, f"Run folder: {welcome.run_folder}")
        network = network_file.loads(client.request(GetNetwork()).text)
        client.attach()
        follower = Follower(client, engine.last_sequence, network.training.epochs, console, tap)
        try:
            ended = follower.follow(interrupts)
        except KeyboardInterrupt:
            _leave_to_itself(client)
            _print(console, f"The engine stops by itself. Go on then with: {_resume(welcome.run_folder)}")
            raise typer.Exit(_INTERRUPTED) from None
        _leave(client, engine)
    _show_figures(console, follower.figures)
    _tell_end(console, ended, welcome.run_folder)
    if interrupts.asked:
        raise typer.Exit(_INTERRUPTED)


def _show_figures(console: Console, figures: RunFigures) -> None:
    if figures.any():
        console.print(figures_table(figures))
    further = further_table(figures)
    if further is not None:
        console.print(further)


def _tell_end(console: Console, ended: StateChanged, run_folder: str) -> None:
    """Tell how a run has ended; raises why it has failed."""
    if ended.state is RunState.FAILED and ended.cause is not None:
        raise rebuild(ended.cause)
    if ended.cause is not None:
        _print(console, f"The last checkpoint was not kept. {rebuild(ended.cause)}")
    if ended.state is RunState.STOPPED:
        # A run that was stopped before its first step leaves nothing to go on with.
        is_kept = Path(run_folder).exists()
        _print(console, f"Stopped. Go on with: {_resume(run_folder)}" if is_kept else "Stopped.")


def _leave(client: Client, engine: LaunchedEngine) -> None:
    """End the engine and wait, so that the run folder is free when this program is done."""
    with suppress(ConvNetError, subprocess.TimeoutExpired):
        client.request(Shutdown())
        engine.process.wait(10.0)


def _leave_to_itself(client: Client) -> None:
    """Have the engine end as soon as its run has stopped, so that the run folder is free then."""
    with suppress(ConvNetError, KeyboardInterrupt):
        client.request(Shutdown(), timeout=2.0)


def _resume(run_folder: str) -> str:
    """Return the command that goes on with a run."""
    return f"convnet train --resume {shlex.quote(run_folder)}"


def _print(console: Console, text: str) -> None:
    """Print a line that can be copied: not broken, not coloured."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)
