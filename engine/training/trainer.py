"""Runs a plan over a data set, step by step, until it is done or told to stop."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import msgspec
from numpy.typing import NDArray

from engine.checkpoint import CheckpointState
from engine.checkpoint.format import Tensors
from engine.data.augmentation import Augmentation
from engine.data.dataset import Dataset, SplitName
from engine.data.loader import Loader
from engine.data.preparation import Preparation
from engine.data.preprocessing import Size
from engine.data.views import Views
from engine.errors import CheckpointError, NotFiniteError
from engine.graph.settings import DataSettings, TrainingSettings
from engine.parallel.team import ALONE, Team
from engine.plan.analysis.infer import InferredLayer, all_weights
from engine.plan.compile.draft import COUNTERS
from engine.plan.compile.pipeline import EVALUATE, TRAIN
from engine.plan.types import Role, TrainingPlan
from engine.protocol.messages import Edit, Edited, MetricRow, Progress, RollBack, RunState
from engine.runtime.device import Contents, Feed, Feedable
from engine.runtime.distributed import Distributed
from engine.runtime.executor import Executor
from engine.store.run_folder import RunFolder
from engine.store.snapshots import SnapshotStore
from engine.training.averaged import AveragedEvaluation
from engine.training.best import Best
from engine.training.clock import StepClock
from engine.training.feeder import Feeder
from engine.training.figures import CostMeter, Figures
from engine.training.health import SpikeWatch, first_bad_output, first_not_finite
from engine.training.health_probe import HealthProbe
from engine.training.initial import initial_weights
from engine.training.keeper import CheckpointKeeper
from engine.training.live_settings import LiveSettings
from engine.training.observer import Command, Observer
from engine.training.plan_lock import PlanLock, to_record
from engine.training.probes import probed_weights, snapshot_steps
from engine.training.step_control import StepControl, first_bad_step

MOST_ROLL_BACKS = 5
"""How often a training goes back by itself after a number that is not finite."""

CHECK_EVERY = 10
"""Steps on the CPU between two looks at the weights, whether all are finite; a loss is looked at each step.
"""

LOOK_EVERY = 10
"""Steps between two looks at the figures on a GPU, which skips updates itself once a loss is not finite."""

MOST_TRAIN_ROWS = 2000
"""Rows of training figures a run makes, about; steps between two rows follow from it."""

Outcome = Literal["finished", "stopped"]

LEARNED: tuple[Role, ...] = ("weight", "average", "velocity", "metrics")
"""Roles of the buffers that a training changes."""


@dataclass
class Place:
    """Where a training is: steps done, epochs done, examples of the epoch seen, and s it took."""

    step: int = 0
    epoch: int = 0
    cursor: int = 0
    seconds: float = 0.0


class Trainer:
    """A compiled network, its data, and where the training of it is.

    ``place`` and the arrays that ``learned`` returns are all that a training consists of: put back by
    ``resume``, it goes on as if it had never ended.
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
        self._plan = plan
        self._team = team
        self._training = training
        self._run = run
        self._network_sha256 = network_sha256
        self._lock = lock
        self._live = LiveSettings(training, edits)
        self._observer = observer
        self._best = Best()
        self._commands = commands
        rank = team.line.rank
        self._executor = Executor(plan, rank, team.line, device=device)
        self._device = self._executor.device
        self._look_every = 1 if self._device.is_host else LOOK_EVERY
        self._arrays = self._executor.arrays
        self._shared = Distributed(plan, self._arrays, team.line)
        self._control = StepControl(self._arrays, plan.slots, training, training.seed, plan.first_rows(rank))
        self._meter = CostMeter(self._arrays, layers, None if team.is_alone else self._shared)
        self._feeder = Feeder(plan, self._arrays, rank)
        self._learned = [buffer for role in LEARNED for buffer in plan.by_role(role)]
        self._keeper = CheckpointKeeper(run.checkpoints, self._learned, self._shared, team)
        self._snapshots = SnapshotStore(run.snapshots)
        self._probed = probed_weights(layers, plan.dtype)
        self._preparation = Preparation.fit(dataset, data, size)
        self._loaders = self._make_loaders(dataset, data)
        self._examples = len(dataset.split("train"))
        self._steps_an_epoch = math.ceil(self._examples / plan.batch_size)
        self._row_every = math.ceil(self._steps_an_epoch * training.epochs / MOST_TRAIN_ROWS)
        self._clock = StepClock()
        self._spikes = SpikeWatch()
        self._roll_backs = 0
        self._gone_back_to: dict[int, int] = {}  # from which step to which
        self._stopping = self._went_back = self._is_done_early = False
        self.place = Place()
        self._layers = layers
        self._probe = HealthProbe(plan, self._executor, layers)
        self._set_initial_weights()
        self._begin_settings()

    def _make_loaders(self, dataset: Dataset, data: DataSettings) -> dict[SplitName, Feed]:
        augmentation = Augmentation.fit(dataset.split("train").pictures, data)

        def loader(name: SplitName) -> Loader:
            return Loader(
                dataset.split(name),
                self._plan.batch_size,
                self._preparation.preprocessing,
                seed=self._training.seed,
                dtype=self._plan.dtype,
                augmentation=augmentation if name == "train" else None,
                rows=self._feeder.rows,
            )

        return {
            name: self._feeder.attach(loader(name), self._device)
            for name, split in dataset.splits.items()
            if len(split)
        }

    def _set_initial_weights(self) -> None:
        for name in self.learned():
            self._arrays[name] = 0
        for number, (name, spec) in enumerate(all_weights(self._layers).items()):
            self._shared.put(name, initial_weights(spec, number, self._training.seed))

    def learned(self) -> dict[str, NDArray[Any]]:
        """Return all arrays of this rank that a training changes: weights, averages, velocities, sums."""
        names = (buffer.name for buffer in self._learned)
        return {name: self._arrays[name] for name in names if name in self._arrays}

    def resume(self, state: CheckpointState) -> None:
        """Take up the training that a checkpoint holds; raises CheckpointError for one of another network.

        What a fork's first checkpoint lacks, since its layers were changed, begins anew.
        """
        if state.network_sha256 != self._network_sha256:
            raise CheckpointError(
                path=str(self._run.checkpoints),
                expected="a checkpoint of the network in this run folder",
                found="one of another network",
                hint="Start a new run.",
            )
        names = [buffer.name for buffer in self._learned]
        anew = [name for name in names if not self._fits(name, state.tensors)]
        for name in names:
            if name not in anew:
                self._shared.put(name, state.tensors[name])
        if anew:
            self._observer.log("warning", f"Not in the checkpoint, and begun anew: {', '.join(anew)}.")
        self.place = Place(state.step, state.epoch, min(state.cursor, self._examples), state.seconds)
        self._spikes = SpikeWatch(state.first_loss)
        self._best = Best() if state.best is None else msgspec.convert(state.best, Best)
        self._begin_settings()

    def _fits(self, name: str, tensors: Tensors) -> bool:
        return name in tensors and tensors[name].shape == self._plan.buffers[name].shape

    def _begin_settings(self) -> None:
        """Return to the settings that held at ``place``."""
        self._live.begin_at(self.place.step)
        self._use_settings()

    def _use_settings(self) -> None:
        self._control.use(self._live.now)
        self._total_steps = self._steps_an_epoch * self._live.now.epochs
        self._snapshot_steps = snapshot_steps(self._total_steps)

    def train(self) -> Outcome:
        """Train from ``place`` until all epochs are done or a stop is asked for; keep a checkpoint then.

        Where the loss or a weight is no longer a number, training goes back to the last checkpoint, or to one
        before it. Raises NotFiniteError if the same step fails from all of them, or that happens too often.
        """
        self._log_start()
        self._observer.state(RunState.TRAINING)
        self._clock.start()
        self._begin_watch()
        if self.place.step == 0:
            self._keep_snapshot()
        self._obey(self._commands)
        while True:
            try:
                return self._train_epochs()
            except NotFiniteError as error:
                self._recover(error)

    def _begin_watch(self) -> None:
        """Forget what was looked at; what the sums hold already is known."""
        self._device.forget()
        self._seen = self._meter.totals(self._meter.gather(self._arrays))

    def _train_epochs(self) -> Outcome:
        while not self._is_done and not self._stopping:
            self._train_epoch()
        self._keep_checkpoint()
        return "finished" if self._is_done else "stopped"

    @property
    def _is_done(self) -> bool:
        return self._is_done_early or self.place.epoch >= self._live.now.epochs

    def _recover(self, error: NotFiniteError) -> None:
        """Go back after a number that is not finite; further back than before if the same step fails again.

        The checkpoint before it may hold weights that are finite yet, but beyond help.
        """
        step = at_most = int(str(error.fields["step"]))
        if step in self._gone_back_to:
            at_most = self._gone_back_to[step] - 1
            if not self._can_go_back(at_most):
                raise error
        if self._roll_backs == MOST_ROLL_BACKS:
            raise error
        self._roll_backs += 1
        self._go_back(at_most, error)
        self._gone_back_to[step] = self.place.step

    def _can_go_back(self, at_most: int) -> bool:
        """Whether there is a checkpoint, or the start is no further away than one would be."""
        interval = self._training.checkpoint_every * self._steps_an_epoch
        return 0 <= at_most < interval or self._keeper.find(at_most) is not None

    def _go_back(self, at_most: int, cause: NotFiniteError | None) -> None:
        """Take up the newest checkpoint that is not after a step; without one, begin anew."""
        self._device.forget()
        found = self._keeper.find(at_most)
        step = 0 if found is None else found.step
        taken_back = self._live.take_back_after(step)
        if found is None:
            self._set_initial_weights()
            self.place = Place()
            self._best = Best()
            self._begin_settings()
        else:
            self.resume(found)
        self._keeper.drop_after(step)
        if self._team.leads:
            self._snapshots.drop_after(step)
        self._control.forget_bad_step()
        self._begin_watch()
        self._went_back = True
        self._is_done_early = False
        self._observer.rewound(step, cause, takes_back=True)
        why = (
            ""
            if cause is None
            else f" after step {cause.fields['step']}: {cause.fields['what']} is not finite"
        )
        edits = f" {taken_back} edits of later steps are taken back." if taken_back else ""
        self._observer.log("warning", f"Rolled back to step {step:,}{why}.{edits}")
        self._clock.start()

    def _log_start(self) -> None:
        operations = len(self._plan.programs[TRAIN].operations)
        memory = [f"{what} {taken / 1e6:.1f} MB" for what, taken in self._device.memory().items() if taken]
        self._log(f"Plan: {operations} operations a step; memory: {', '.join(memory)}")
        self._log(f"Data: {self._examples:,} training pictures, {self._steps_an_epoch:,} steps an epoch")
        if self.place.step:
            self._log(f"Taken up at step {self.place.step:,}")

    def _log(self, text: str) -> None:
        self._observer.log("info", text)

    def _train_epoch(self) -> None:
        self._went_back = False
        epoch = self._loaders["train"].epoch(self.place.epoch, start=self.place.cursor)
        with closing(epoch) as batches:
            for batch in batches:
                self._step(batch)
                self._obey()
                if self._stopping or self._went_back:
                    break
        if not self._went_back and self.place.cursor == self._examples:
            self._end_epoch()

    def _step(self, batch: Feedable) -> None:
        self._clock.got_batch()
        place = self.place
        rate = self._control.set_rates(place.epoch + place.cursor / self._examples)
        self._feed(batch)
        probe = self._probe if self._is_probe_due() else None
        if probe is not None:
            probe.begin()
            self._clock.start()
        self._executor.run(TRAIN)
        place.step += 1
        place.cursor += batch.valid
        place.seconds += self._clock.lap(batch.valid)
        is_row = place.step % self._row_every == 0 or place.step == self._total_steps
        if is_row or place.step % self._look_every == 0:
            self._look(rate, is_row=is_row)
        # Ranks that talk about what they see must all see it now.
        self._device.arrive(wait=not self._team.is_alone)
        if self._device.is_host and place.step % CHECK_EVERY == 0:
            self._check_finite(self.learned())
        if place.step in self._snapshot_steps:
            self._keep_snapshot()
        if probe is not None:
            self._observer.health(probe.end(place.step, batch.valid))
            self._clock.start()
        self._tell_progress()

    def _is_probe_due(self) -> bool:
        """Whether the layers are looked at in the step to come."""
        is_snapshot = self.place.step + 1 in self._snapshot_steps
        return is_snapshot and self._team.is_alone and self._probe.is_affordable(self.place.seconds)

    def _look(self, rate: float = 0.0, *, is_row: bool = False) -> None:
        """Have the figures looked at, which a GPU brings here some steps later; those of a row begin anew."""
        then = partial(self._see, replace(self.place), rate, is_row)
        names = self._meter.names
        self._executor.look((COUNTERS, *names), then, clear=names if is_row else ())

    def _see(self, place: Place, rate: float, is_row: bool, contents: Contents) -> None:
        """Judge the figures as they were at a place. Raises NotFiniteError."""
        bad_step = first_bad_step(contents[COUNTERS])
        if bad_step is not None:
            raise NotFiniteError(step=bad_step, what=self._name_bad_output())
        sums = self._meter.gather(contents)
        totals = self._meter.totals(sums)
        self._watch_loss(place.step - 1, totals)
        self._seen = (0.0, 0) if is_row else totals
        if is_row:
            self._tell_row("train", place, rate, self._meter.figures(sums))

    def _catch_up(self) -> None:
        """Look at all steps so far before something is done that must not rest on a bad one."""
        self._look()
        self._device.arrive(wait=True)
        if not self._device.is_host:
            self.place.seconds += self._clock.lap(0)  # of the steps that were under way

    def _make_due_edits(self) -> None:
        for edit in self._live.advance(self.place.step):
            self._log(f"As before after step {edit.step:,}: {edit.setting} {edit.old:g} is now {edit.new:g}")
            self._use_settings()

    def _edit(self, request: Edit) -> None:
        edit = self._live.edit(self.place.step, request)
        self._use_settings()
        self._observer.edited(edit)
        self._log(f"After step {edit.step:,}: {edit.setting} {edit.old:g} is now {edit.new:g}")

    def _watch_loss(self, step: int, totals: tuple[float, int]) -> None:
        """Judge the mean loss of the steps since the last look, of which the last is that after ``step``."""
        loss, examples = totals[0] - self._seen[0], totals[1] - self._seen[1]
        spike = self._spikes.judge(loss / examples) if examples else None
        if spike is not None:
            self._observer.loss_spiked(step, spike.loss, spike.usual)
            text = f"Step {step:,}: the loss leapt to {spike.loss:.4g}; {spike.usual:.4g} is usual."
            self._observer.log("warning", text)

    def _name_bad_output(self) -> str:
        """Say where the step's numbers went wrong; its batch is still in place, and so are its weights."""
        layer = self._team.agree(first_bad_output(self._plan, self._executor), str | None)
        return "The loss" if layer is None else f"The output of {layer}"

    def _check_finite(self, learned: Contents) -> None:
        name = self._team.agree(first_not_finite(learned), str | None)
        if name is not None:
            raise NotFiniteError(step=self.place.step, what=f"A number in {name}")

    def _feed(self, batch: Feedable) -> None:
        self._control.set_batch(
            step=self.place.step, epoch=self.place.epoch, cursor=self.place.cursor, valid=batch.valid
        )
        self._feeder.feed(batch)

    def _end_epoch(self) -> None:
        self._catch_up()
        place = self.place
        place.epoch += 1
        place.cursor = 0
        if self._is_done or place.epoch % self._training.test_every == 0:
            self._judge(self._test())
        is_best = self._training.keep_best and self._best.step == place.step
        if not self._is_done and (is_best or place.epoch % self._training.checkpoint_every == 0):
            self._keep_checkpoint()

    def _judge(self, error: float | None) -> None:
        """Tell from a validation error whether these weights are the best, and whether to go on."""
        if error is None:
            return
        self._best = self._best.after(self.place.step, error)
        patience = self._training.early_stop
        if patience and self._best.waited >= patience and not self._is_done:
            self._is_done_early = True
            self._log(f"Stopped early: no lower validation error in {self._best.waited} tests.")

    def _test(self, then: RunState = RunState.TRAINING) -> float | None:
        """Measure validation and test figures; return the validation error, None without such pictures.

        The sums of the training figures are left as they were.
        """
        self._catch_up()
        self._observer.state(RunState.TESTING)
        errors = {}
        sums = self._meter.save()
        rate = self._live.now.schedule.rate_at(self.place.epoch, self._live.now.epochs)
        over_views = self._test_views() if self._is_done else {}
        for name in ("validation", "test"):
            if name not in self._loaders:
                continue
            self._meter.reset()
            with closing(self._loaders[name].epoch(0, shuffle=False)) as batches:
                for batch in batches:
                    self._feed(batch)
                    self._executor.run(EVALUATE)
            figures = self._meter.take()
            self._tell_row(name, self.place, rate, figures, over_views if name == "test" else {})
            errors[name] = error = figures.error
            self._log(f"Epoch {self.place.epoch}: {name} error {100 * error:.2f} %")
        self._meter.restore(sums)
        self._clock.start()
        if self._control.first_bad_step is not None:
            raise NotFiniteError(step=self.place.step, what="The loss at the test")
        self._observer.state(then)
        return errors.get("validation")

    def _test_views(self) -> dict[str, float]:
        """Return the test figures of answers averaged over views, where more than one is asked for."""
        views = Views(self._preparation.preprocessing, self._preparation.test_views)
        if len(views) == 1 or "test" not in self._loaders:
            return {}
        loader = self._loaders["test"]
        evaluation = AveragedEvaluation(self._plan, self._executor)
        self._meter.reset()
        with closing(loader.epoch(0, shuffle=False)) as batches:
            for batch in batches:
                self._feed(batch)
                evaluation.run(loader.views(batch, views))
        figures = self._meter.take()
        self._log(
            f"Averaged over {len(views)} views: "
            f"test error {100 * figures.error:.2f} %, loss {figures.loss:.4f}"
        )
        named = {"error": figures.error, "loss": figures.loss, **figures.further}
        return {f"{title} over {len(views)} views": value for title, value in named.items()}

    def _tell_row(
        self,
        split: SplitName,
        place: Place,
        rate: float,
        figures: Figures,
        more: Mapping[str, float] | None = None,
    ) -> None:
        """Tell figures of a place, with ``more`` figures of their kind."""
        row = MetricRow(
            step=place.step,
            epoch=place.epoch,
            examples=place.epoch * self._examples + place.cursor,
            seconds=place.seconds,
            split=split,
            loss=figures.loss,
            error=figures.error,
            learning_rate=rate,
            further={**figures.further, **(more or {})},
        )
        self._observer.metrics([row])

    def _tell_progress(self) -> None:
        left = max(self._live.now.epochs - self.place.epoch, 0) * self._examples - self.place.cursor
        rate = self._clock.examples_per_second
        self._observer.progress(
            Progress(
                step=self.place.step,
                total_steps=self._total_steps,
                epoch=self.place.epoch,
                examples_per_second=rate,
                eta_seconds=max(left, 0) / rate if rate else None,
                epochs=self._live.now.epochs,
                step_seconds=self._clock.step_seconds,
                waiting_share=self._clock.waiting_share,
            )
        )

    def _obey(self, early: Sequence[Command] = ()) -> None:
        """Do what was asked for since the last step; while paused, wait for what comes next."""
        self._make_due_edits()
        paused = False
        commands = self._asked(early)
        while True:
            for command in commands:
                if command == "pause" and not paused:
                    self._catch_up()
                    paused = True
                    self._observer.state(RunState.PAUSED)
                elif command == "resume" and paused:
                    paused = False
                    self._observer.state(RunState.TRAINING)
                elif command == "checkpoint":
                    self._keep_checkpoint()
                elif command == "test":
                    self._test(RunState.PAUSED if paused else RunState.TRAINING)
                elif command == "stop":
                    self._stopping = True
                elif isinstance(command, RollBack):
                    self._go_back(command.step, None)
                elif isinstance(command, Edit):
                    self._edit(command)
            if self._stopping or not paused:
                break
            commands = self._asked(wait=True)
        self._clock.start()

    def _asked(self, early: Sequence[Command] = (), *, wait: bool = False) -> Sequence[Command]:
        """Return on all ranks what rank 0 is asked for, after what came ``early``."""
        asked = [*early, *self._observer.commands(wait)] if self._team.leads else []
        return self._team.share(asked, list[Command])

    def _keep_checkpoint(self) -> None:
        """Write a checkpoint. A disk that refuses is told of, and training goes on.

        Raises NotFiniteError rather than keep what cannot be gone on with.
        """
        self._catch_up()
        learned = self.learned()
        self._check_finite(learned)
        place = self.place
        preparation, means = self._preparation.to_record()
        state = CheckpointState(
            step=place.step,
            epoch=place.epoch,
            cursor=place.cursor,
            seed=self._training.seed,
            network_sha256=self._network_sha256,
            tensors=means,
            seconds=place.seconds,
            preparation=preparation,
            first_loss=self._spikes.first_loss,
            plan_lock=to_record(self._lock),
            best=None if self._best.step is None else msgspec.structs.asdict(self._best),
        )
        best = self._best.step if self._training.keep_best else None
        self._observer.settle()
        try:
            self._keeper.keep(state, learned, keep=self._training.keep_checkpoints, best=best)
        except CheckpointError as error:
            self._observer.checkpoint_refused(error)
        else:
            self._observer.checkpoint_kept(place.step)
            is_best = "" if best is None or best != place.step else ", the best so far"
            self._log(f"Checkpoint at step {place.step:,}{is_best}")
        self._clock.start()

    def _keep_snapshot(self) -> None:
        self._catch_up()
        probed = {name: self._shared.whole(name) for name in self._probed}
        try:
            if self._team.leads:
                self._snapshots.write(self.place.step, probed)
        except OSError as error:
            self._observer.log("error", f"Snapshot of step {self.place.step}: {error.strerror}.")
        else:
            self._observer.snapshot_kept(self.place.step)
        self._clock.start()
