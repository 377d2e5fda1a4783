"""The training that the studio watches, and the commands that it takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ConvNetError
from engine.graph.network_file import NetworkFile, dumps, loads
from engine.protocol.library import RunCard
from engine.protocol.messages import (
    Answer,
    CheckpointNow,
    Edit,
    Fork,
    GetWeights,
    Kill,
    Pause,
    Request,
    Resume,
    RollBack,
    Setting,
    Stop,
    TestNow,
)
from studio.models.run_follower import RunFollower
from studio.models.run_line import Then
from studio.models.run_state import RunState
from studio.models.run_status import PAUSE, RESUME, STOP, Wish
from studio.services.link import EngineLink, Engines, TrainingOrder

if TYPE_CHECKING:
    from studio.models.document import Document


class RunModel(RunFollower):
    """One run at a time, as its engine tells of it. Used on the main thread only.

    Commands send a request and return at once; what came of it is seen at an ``update``.
    """

    # ---- Which run --------------------------------------------------------------------------------------

    @property
    def can_train(self) -> bool:
        """Whether another training may begin."""
        return not self.state.under_way

    def train(self, document: Document, device: str = "cpu", on: Engines | None = None) -> None:
        """Train the network as it is now, saved or not: ``on`` another computer, or here.

        The file is left alone.
        """
        name = Path(document.name).stem
        order = TrainingOrder(dumps(document.network), name, str(document.base_folder()), device)
        self._start(order, on or self._here)

    def train_network(self, network: NetworkFile, name: str, base: str, device: str) -> None:
        """Start an engine that trains a network whose data path is relative to the folder ``base``."""
        self._start(TrainingOrder(dumps(network), name, base, device), self._here)

    def fork(self, network: NetworkFile, step: int, device: str, base: str = "") -> None:
        """Start another run at a checkpoint of this one, which is left. The folder ``base`` is as of now."""
        folder = self.record.run_folder
        assert folder is not None
        order = TrainingOrder(dumps(network), self.record.name, base, device, Fork(folder, step))
        self._start(order, self._engines)

    def _start(self, order: TrainingOrder, engines: Engines) -> None:
        network = loads(order.network)
        self._follow(engines, lambda: engines.start(order), order.name, order.device, network)

    def attach(self, connection: Path) -> None:
        """Follow the run of the engine with this connection file."""
        self.watch(self._here, lambda: self._here.attach(connection))

    def watch(self, engines: Engines, reach: Callable[[], EngineLink]) -> None:
        """Follow the run on a computer whose link ``reach`` returns."""
        self._follow(engines, reach, name="")

    def look_at(self, card: RunCard) -> None:
        """Follow the run of a card: its engine, or another one that shows what came of it.

        The run that is followed already stays as it is: left for a moment, its engine might go.
        """
        folder = card.run_folder
        if card.connection is not None:
            if self._line is None or folder != self.record.run_folder:
                self.attach(Path(card.connection))
            return
        self._follow(self._here, lambda: self._here.serve(folder), card.title or card.name, card.device)

    @property
    def can_take_up(self) -> bool:
        """Whether there is something that ``take_up`` could go on with."""
        is_unfinished = self.state.ended and self.state is not RunState.FINISHED
        return is_unfinished and self.record.has_begun and self.record.run_id is not None

    def take_up(self) -> None:
        """Go on, from its last checkpoint, with the run that has ended."""
        run_id, folder, engines = self.record.run_id, self.record.run_folder, self._engines
        assert run_id is not None
        assert folder is not None
        self._follow(engines, lambda: engines.resume(run_id, folder), self.record.name, self.record.device)

    # ---- Commands ---------------------------------------------------------------------------------------

    @property
    def can_pause(self) -> bool:
        """Whether ``pause`` makes sense now."""
        return self._status.wish is None and self.state.working

    def pause(self) -> None:
        """Halt at the end of the step in hand."""
        self._command(Pause(), PAUSE)

    @property
    def can_resume(self) -> bool:
        """Whether ``resume`` makes sense now."""
        return self._status.wish is None and self.state is RunState.PAUSED

    def resume(self) -> None:
        """Go on after a pause."""
        self._command(Resume(), RESUME)

    @property
    def can_stop(self) -> bool:
        """Whether ``stop`` makes sense now."""
        return self.state.under_way and self._status.wish is not STOP and self.state is not RunState.STOPPING

    def stop(self) -> None:
        """End the run; a checkpoint is kept. Data that are being sent wait there for another time."""
        if self.state is RunState.SENDING and self._line is not None:
            self._line.close()
            self._status.end(RunState.STOPPED, self.cause)
            self._refresh()
            return
        self._command(Stop(), STOP)

    @property
    def can_kill(self) -> bool:
        """Whether ``kill`` makes sense now."""
        return self.state in (RunState.HUNG, RunState.NOT_RESPONDING)

    def kill(self) -> None:
        """End by force what does not respond: the training process, which is replaced, or the engine."""
        if self.state is RunState.HUNG:
            self._command(Kill(), None)
        elif self._line is not None:
            self._line.kill()

    @property
    def can_checkpoint(self) -> bool:
        """Whether ``checkpoint`` makes sense now."""
        return self.state.working or self.state is RunState.PAUSED

    def checkpoint(self) -> None:
        """Keep a checkpoint and go on."""
        self._command(CheckpointNow(), None)

    def test(self) -> None:
        """Measure the errors now and go on."""
        self._command(TestNow(), None)

    def edit(self, setting: Setting, value: float) -> None:
        """Change a setting from the next step on; a checkpoint is kept before."""
        self._command(CheckpointNow(), None)
        self._command(Edit(setting, value), None)

    def roll_back(self, step: int) -> None:
        """Go back to the newest checkpoint that is not after a step."""
        self._command(RollBack(step), None)

    def dismiss_trouble(self) -> None:
        """Take note of what went wrong last."""
        self.record.marks.trouble = None
        self.marks_changed.emit()

    def ask_weights(self, layer: str, step: int, then: Then) -> bool:
        """Ask for a layer's weights at a snapshot; see ``ask``."""
        return self.ask(GetWeights(layer=layer, weight="weights", step=step), then)

    def _command(self, request: Request, wish: Wish | None) -> None:
        if wish is not None:
            self._status.wish = wish
        self.ask(request, self._on_command_answered)
        self._refresh()

    def _on_command_answered(self, answer: Answer | ConvNetError) -> None:
        if isinstance(answer, ConvNetError):
            self._status.wish = None
            self.refused.emit(answer)
