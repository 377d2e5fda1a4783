"""Runs a plan over a data set, step by step, until it is done or told to stop."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Literal

from engine.checkpoint import CheckpointState
from engine.data.dataset import Dataset
from engine.data.preprocessing import Size
from engine.errors import NotFiniteError
from engine.graph.settings import DataSettings, TrainingSettings
from engine.log_lines import Line
from engine.parallel.team import ALONE, Team
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.pipeline import TRAIN
from engine.plan.types import TrainingPlan
from engine.protocol.messages import Edit, Edited, RollBack, RunState
from engine.runtime.device import Contents, Feedable
from engine.runtime.distributed import Distributed
from engine.runtime.executor import Executor
from engine.store.run_folder import RunFolder
from engine.training.best import Best
from engine.training.checkpoints import Checkpoints
from engine.training.clock import StepClock
from engine.training.commands import Commands
from engine.training.evaluation import Evaluation
from engine.training.figures import CostMeter
from engine.training.health_probe import HealthProbe
from engine.training.keeper import CheckpointKeeper
from engine.training.learned import Learned
from engine.training.live_settings import LiveSettings
from engine.training.monitor import Monitor
from engine.training.observer import Command, Observer
from engine.training.origin import Origin
from engine.training.place import Course, Place
from engine.training.plan_lock import PlanLock
from engine.training.recovery import Recovery
from engine.training.report import Report
from engine.training.snapshots import Snapshots
from engine.training.step_control import StepControl
from engine.training.training_data import TrainingData

Outcome = Literal["finished", "stopped"]


class Trainer:
    """A compiled network, its data, and where the training of it is.

    ``place`` and the arrays that ``learned`` returns are all that a training consists of: put back by
    ``resume``, it goes on as if it had never ended. Without that, it is to ``begin``.
    """

    def __init__(
        self,
        *,
        plan: TrainingPlan,
        device: str,
        layers: dict[str, InferredLayer],
        dataset: Dataset,
        size: Size,
        training: TrainingSettings,
        data: DataSettings,
        run: RunFolder,
        network_sha256: str,
        observer: Observer,
        lock: PlanLock,
        edits: Sequence[Edited] = (),
        commands: Sequence[Command] = (),
        team: Team = ALONE,
    ) -> None:
        """``edits`` of settings are made again, each after its step. ``commands`` came before, in vain.

        All ranks of ``team`` do the same.
        """
        rank = team.line.rank
        self._team = team
        self._training = training
        self._observer = observer
        self._commands = Commands(observer, team, commands)
        self._live = LiveSettings(training, edits)
        self._course = Course(len(dataset.split("train")), plan.batch_size, self._live)
        self._report = Report(observer, plan, self._course)
        self._executor = Executor(plan, rank, team.line, device=device)
        self._device = self._executor.device
        self._arrays = self._executor.arrays
        self._control = StepControl(self._arrays, plan.slots, training, training.seed, plan.first_rows(rank))
        self._data = TrainingData(dataset, data, size, plan=plan, executor=self._executor, seed=training.seed)
        shared = Distributed(plan, self._arrays, team.line)
        meter = CostMeter(self._arrays, layers, None if team.is_alone else shared)
        self._learned = Learned(plan, self._arrays, shared, layers, training.seed)
        self._monitor = Monitor(plan, self._executor, meter, self._learned, team=team, report=self._report)
        self._evaluation = Evaluation(plan, self._executor, meter, self._data, self._report)
        self._probe = HealthProbe(plan, self._executor, layers)
        self._origin = Origin(run.checkpoints, network_sha256, training.seed, lock, self._data.preparation)
        self._keeper = CheckpointKeeper(run.checkpoints, self._learned.buffers, shared, team)
        self._checkpoints = Checkpoints(self._origin, self._keeper, self._live, observer)
        self._snapshots = Snapshots(
            run.snapshots, plan, layers, course=self._course, shared=shared, team=team, observer=observer
        )
        self._recovery = Recovery(self._keeper, training.checkpoint_every * self._course.steps_an_epoch)
        self._clock = StepClock()
        self._stopping = self._went_back = self._is_done_early = False
        self._begin_at(Place(), Best())

    def learned(self) -> Contents:
        """Return all arrays of this rank that a training changes: weights, averages, velocities, sums."""
        return self._learned.of_rank()

    def begin(self) -> None:
        """Take the starting weights."""
        self._learned.begin()

    def resume(self, state: CheckpointState) -> None:
        """Take up the training that a checkpoint holds; raises CheckpointError for one of another network.

        What a fork's first checkpoint lacks, since its layers were changed, begins anew.
        """
        self._origin.check(state)
        anew = self._learned.take(state.tensors)
        if anew:
            self._report.warn(Line.BEGUN_ANEW, weights=", ".join(anew))
        self._monitor.know(state.first_loss)
        cursor = min(state.cursor, self._course.examples)
        self._begin_at(Place(state.step, state.epoch, cursor, state.seconds), Best.of(state.best))

    def _begin_at(self, place: Place, best: Best) -> None:
        """Go on from a place, with the settings that held there."""
        self.place, self._best = place, best
        self._live.begin_at(place.step)
        self._control.use(self._live.now)

    def train(self) -> Outcome:
        """Train from ``place`` until all epochs are done or a stop is asked for; keep a checkpoint then.

        Where the loss or a weight is no longer a number, training goes back to the last checkpoint, or to one
        before it. Raises NotFiniteError if the same step fails from all of them, or that happens too often.
        """
        self._report.start(self._device, self.place)
        self._observer.state(RunState.TRAINING)
        self._clock.start()
        self._monitor.begin()
        if self._snapshots.begin(self.place.step):
            self._keep_snapshot()
        while True:
            try:
                self._obey()
                return self._train_epochs()
            except NotFiniteError as error:
                self._recover(error)

    def _train_epochs(self) -> Outcome:
        while not self._is_done and not self._stopping:
            self._train_epoch()
        if not self._snapshots.is_due(self.place.step):
            self._keep_snapshot()  # of how it ended, early or stopped
        self._keep_checkpoint()
        return "finished" if self._is_done else "stopped"

    @property
    def _is_done(self) -> bool:
        return self._is_done_early or self.place.epoch >= self._course.epochs

    def _train_epoch(self) -> None:
        self._went_back = False
        epoch = self._data.loaders["train"].epoch(self.place.epoch, start=self.place.cursor)
        with closing(epoch) as batches:
            for batch in batches:
                self._step(batch)
                self._obey()
                if self._stopping or self._went_back:
                    break
        if not self._went_back and self.place.cursor == self._course.examples:
            self._end_epoch()

    def _step(self, batch: Feedable) -> None:
        self._clock.got_batch()
        place = self.place
        rate = self._control.set_rates(self._course.epochs_at(place))
        self._feed(batch)
        probe = self._probe if self._is_probe_due() else None
        if probe is not None:
            probe.begin()
            self._clock.start()
        self._executor.run(TRAIN)
        self._clock.communicated(self._executor.communication_seconds(TRAIN))
        place.step += 1
        place.cursor += batch.valid
        place.seconds += self._clock.lap(batch.valid)
        self._monitor.watch(place, rate, is_row=self._course.has_row(place.step))
        if self._snapshots.is_due(place.step):
            self._keep_snapshot()
        if probe is not None:
            self._observer.health(probe.end(place.step, batch.valid))
            self._clock.start()
        self._report.progress(place, self._clock)

    def _feed(self, batch: Feedable) -> None:
        self._control.set_batch(
            step=self.place.step, epoch=self.place.epoch, cursor=self.place.cursor, valid=batch.valid
        )
        self._data.feed(batch)

    def _is_probe_due(self) -> bool:
        """Whether the layers are looked at in the step to come."""
        is_snapshot = self._snapshots.is_due(self.place.step + 1)
        return is_snapshot and self._team.is_alone and self._probe.is_affordable(self.place.seconds)

    def _catch_up(self) -> None:
        """Look at all steps so far before something is done that must not rest on a bad one."""
        self._monitor.catch_up(self.place)
        if not self._device.is_host:
            self.place.seconds += self._clock.lap(0)  # of the steps that were under way

    def _end_epoch(self) -> None:
        self._catch_up()
        place = self.place
        place.epoch += 1
        place.cursor = 0
        if self._is_done or place.epoch % self._training.test_every == 0:
            error = self._test()
            if error is not None:
                self._judge(error)
        is_best = self._live.now.keep_best and self._best.step == place.step
        if not self._is_done and (is_best or place.epoch % self._training.checkpoint_every == 0):
            self._keep_checkpoint()

    def _test(self, then: RunState = RunState.TRAINING) -> float | None:
        """Measure validation and test figures; return the validation error, None without such pictures."""
        self._catch_up()
        self._observer.state(RunState.TESTING)
        rate = self._live.now.schedule.rate_at(self.place.epoch, self._course.epochs)
        error = self._evaluation.run(self.place, rate, self._feed, over_views=self._is_done)
        self._clock.start()
        if self._control.first_bad_step is not None:
            raise NotFiniteError(step=self.place.step, what="the loss", where="test")
        self._observer.state(then)
        return error

    def _judge(self, error: float) -> None:
        """Tell from a validation error whether these weights are the best, and whether to go on."""
        self._best = self._best.after(self.place.step, error)
        if self._best.is_enough(self._live.now.early_stop) and not self._is_done:
            self._is_done_early = True
            self._report.log(Line.STOPPED_EARLY, tests=self._best.waited)

    def _keep_checkpoint(self) -> None:
        """Write a checkpoint. Raises NotFiniteError rather than keep what cannot be gone on with."""
        self._catch_up()
        learned = self.learned()
        self._monitor.check_finite(learned, self.place.step)
        self._checkpoints.keep(self.place, self._best, self._monitor.first_loss, learned)
        self._clock.start()

    def _keep_snapshot(self) -> None:
        self._catch_up()
        self._snapshots.keep(self.place.step)
        self._clock.start()

    def _recover(self, error: NotFiniteError) -> None:
        """Go back after a number that is not finite; raise ``error`` where that helps no more."""
        self._go_back(self._recovery.choose(error), error)
        self._recovery.went_back(error, self.place.step)

    def _roll_back(self, step: int) -> None:
        """Go back as was asked for; not to the start, unless that was asked for."""
        if step and self._keeper.find(step) is None:
            self._report.warn(Line.NO_CHECKPOINT, step=step)
        else:
            self._go_back(step, None)

    def _go_back(self, at_most: int, cause: NotFiniteError | None) -> None:
        """Take up the newest checkpoint that is not after a step; without one, begin anew."""
        self._device.forget()
        found = self._keeper.find(at_most)
        step = 0 if found is None else found.step
        taken_back = self._live.take_back(step)
        if found is None:
            self._learned.begin()
            self._begin_at(Place(), Best())
        else:
            self.resume(found)
        self._keeper.drop_after(step)
        self._snapshots.drop_after(step)
        self._control.forget_bad_step()
        self._monitor.begin()
        self._went_back = True
        self._is_done_early = False
        self._report.roll_back(step, cause, taken_back)
        self._clock.start()

    def _obey(self) -> None:
        """Do what was asked for since the last step; while paused, wait for what comes next."""
        for edit in self._live.advance(self.place.step):
            self._report.edit_again(edit)
            self._control.use(self._live.now)
        for command in self._commands.take():
            if command == "pause":
                self._catch_up()
                self._observer.state(RunState.PAUSED)
            elif command == "resume":
                self._observer.state(RunState.TRAINING)
            elif command == "checkpoint":
                self._keep_checkpoint()
            elif command == "test":
                self._test(RunState.PAUSED if self._commands.is_paused else RunState.TRAINING)
            elif command == "stop":
                self._stopping = True
            elif isinstance(command, RollBack):
                self._roll_back(command.step)
            elif isinstance(command, Edit):
                self._report.edit(self._live.edit(self.place.step, command))
                self._control.use(self._live.now)
        self._clock.start()
