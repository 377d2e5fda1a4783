"""Which filters are looked at: layer, moment and normalisation; fetches them while they are visible."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.curves import Column
from engine.errors import ConvNetError
from engine.protocol.messages import Answer, Weights
from studio.models.mosaic import Normalisation
from studio.models.observable import Event
from studio.models.pictured import Page, Pictured, pictured_layers
from studio.models.run import RunModel
from studio.models.selection import Selection

CACHE: Final = 32 * 1024 * 1024
"""Bytes of weights that are kept, so that scrubbing back and forth does not ask again."""

Moment = tuple[str, int, int]
"""A layer, a step, and how often the run had been rewound: at the same step it then has other weights."""

LOSS_WINDOW: Final = 10
"""Rows that the running mean of the loss covers at each snapshot."""


class FilterModel:
    """The filters of one layer of the run at one snapshot.

    The layer is the selected one if it has filters, else the one shown before, else the network's first.
    ``step`` follows the newest snapshot until one is chosen. Weights are asked for only while ``visible``,
    one request at a time; a wish that was overtaken by another one is never sent.
    """

    def __init__(self, run: RunModel, selection: Selection) -> None:
        self.target_changed: Event[[]] = Event()
        """What is to be shown changed: layer, step or following, or the choice of snapshots."""
        self.weights_changed: Event[[]] = Event()
        """What is shown changed: the weights, their page or normalisation, or why there are none."""
        self._run = run
        self._selection = selection
        self._forget()
        self.normalisation: Normalisation = "layer"
        self.shows_change = False
        self._visible = False
        run.run_replaced.connect(self._on_run_replaced)
        run.progress_changed.connect(self._choose_layer)
        run.snapshots_added.connect(self._on_snapshots_added)
        selection.changed.connect(self._choose_layer)
        self._on_run_replaced()

    def _forget(self) -> None:
        self.layer: str | None = None
        self.step: int | None = None
        self.following = True
        self.shown: Weights | None = None
        self.weights: NDArray[np.floating] | None = None
        self.problem: ConvNetError | None = None
        self._cache: OrderedDict[Moment, Weights] = OrderedDict()
        self._layers: dict[str, Pictured] | None = None
        self._newest: Weights | None = None
        self.first_filter = self.first_channel = 0
        self._in_flight = False
        self._generation = object()

    # ---- What may be shown --------------------------------------------------------------------------------

    @property
    def layers(self) -> dict[str, Pictured]:
        """The layers of the run whose weights are pictures, in order."""
        if self._layers is None and self._run.record.network is not None:
            self._layers = pictured_layers(self._run.record.network.graph)
        return self._layers or {}

    @property
    def snapshots(self) -> list[int]:
        """Steps at which filters can be looked at, rising."""
        return self._run.record.snapshots

    @property
    def index(self) -> int | None:
        """Place of ``step`` in ``snapshots``."""
        return None if self.step is None else bisect_right(self.snapshots, self.step) - 1

    @property
    def page(self) -> Page | None:
        """What is to be seen now: weights, or their change since then; None while there is nothing."""
        pictured = None if self.shown is None else self.layers.get(self.shown.layer)
        if self.weights is None or pictured is None:
            return None
        weights = self.weights
        if self.shows_change:
            if self._newest is None or self.shown is None or self._newest.layer != self.shown.layer:
                return None
            weights = _array(self._newest) - weights
        first = min(self.first_filter, pictured.filters - 1)
        return pictured.page(weights, first, min(self.first_channel, pictured.window[2] - 1))

    @property
    def reference(self) -> float | None:
        """What becomes full black or white where all layers have one scale; None: not known.

        It is the largest weight of any layer, as it was measured last before the step that is shown.
        """
        if self.shown is None or self.normalisation != "all":
            return None
        return self._run.record.health.largest_weight(self.shown.step)

    @property
    def fork_step(self) -> int | None:
        """Step of the newest checkpoint that is there and not after what is shown."""
        kept = [step for step in self._run.record.checkpoints if self.step is not None and step <= self.step]
        return kept[-1] if kept else None

    def losses(self) -> Column:
        """Return the training loss at each snapshot, as a running mean; NaN where there is none yet."""
        table = self._run.record.metrics["train"]
        rows = np.searchsorted(table.column("step"), self.snapshots, side="right") - 1
        losses = np.full(len(rows), np.nan)
        losses[rows >= 0] = table.mean_over("loss", rows[rows >= 0], rows[rows >= 0] - LOSS_WINDOW)
        return losses

    # ---- What the person chooses --------------------------------------------------------------------------

    def set_visible(self, visible: bool) -> None:
        """Say whether anyone looks; nothing is asked for meanwhile."""
        self._visible = visible
        self._fetch()

    def follow(self) -> None:
        """Show the newest snapshot from now on."""
        self.following = True
        self._aim(self.layer, self.snapshots[-1] if self.snapshots else None)

    def show_snapshot(self, index: int) -> None:
        """Show the snapshot at this place of ``snapshots``, and stay there."""
        self.following = False
        self._aim(self.layer, self.snapshots[index])

    def show_from(self, first_filter: int, first_channel: int) -> None:
        """Show the filters from this one on, and of a table the channels from this one on."""
        self.first_filter, self.first_channel = first_filter, first_channel
        self.weights_changed.emit()

    def show_change(self, on: bool) -> None:
        """Show how the weights changed since the step that is chosen, instead of the weights."""
        self.shows_change = on
        self.problem = None
        if on and self.following and self.snapshots:
            self.show_snapshot(0)  # from the newest one until now nothing changes
        self._fetch()
        self.weights_changed.emit()

    def set_normalisation(self, normalisation: Normalisation) -> None:
        """Choose whose largest weight becomes full black or white."""
        self.normalisation = normalisation
        self.weights_changed.emit()

    # ---- What happens to the run --------------------------------------------------------------------------

    def _on_run_replaced(self) -> None:
        self._forget()
        self._choose_layer()
        self.target_changed.emit()
        self.weights_changed.emit()

    def _choose_layer(self) -> None:
        wanted = [name for name in self._selection.layers if name in self.layers]
        layer = next(iter(wanted), self.layer) or next(iter(self.layers), None)
        if layer != self.layer:
            self.first_filter = self.first_channel = 0
            self._aim(layer, self.step)

    def _on_snapshots_added(self) -> None:
        steps = self.snapshots
        if self.following or self.step not in steps:
            self._aim(self.layer, steps[-1] if steps else None)
        else:
            self.target_changed.emit()

    def _aim(self, layer: str | None, step: int | None) -> None:
        self.layer, self.step = layer, step
        self.problem = None
        self.target_changed.emit()
        self._fetch()

    # ---- Fetching -----------------------------------------------------------------------------------------

    def _fetch(self) -> None:
        """Show the wanted weights if they are at hand; else ask for them, unless a request is under way."""
        if not self._visible or self.layer is None or self.step is None:
            return
        moment = self._moment(self.layer, self.step)
        kept = self._cache.get(moment)
        if kept is None:
            self._ask(self.layer, self.step)
            return
        self._cache.move_to_end(moment)
        if self.shows_change:
            newest = self._cache.get(self._moment(self.layer, self.snapshots[-1]))
            if newest is None:
                self._ask(self.layer, self.snapshots[-1])
            elif newest is not self._newest:
                self._newest = newest
                self.weights_changed.emit()
        self._show(kept)

    def _moment(self, layer: str, step: int) -> Moment:
        return layer, step, self._run.record.rewinds

    def _ask(self, layer: str, step: int) -> None:
        if self._in_flight or self.problem is not None:
            return
        generation, moment = self._generation, self._moment(layer, step)

        def answered(answer: Answer | ConvNetError) -> None:
            if generation is self._generation:
                self._on_answer(moment, answer)

        self._in_flight = self._run.ask_weights(layer, step, answered)

    def _on_answer(self, wanted: Moment, answer: Answer | ConvNetError) -> None:
        self._in_flight = False
        layer, step, rewinds = wanted
        if rewinds != self._run.record.rewinds:
            pass  # it is not known whether those weights still count
        elif isinstance(answer, Weights):
            self._keep(wanted, answer)
            if layer == self.layer:
                # Even if another step is wanted by now, so that a fast run is seen to move.
                self._show(answer)
        elif isinstance(answer, ConvNetError) and layer == self.layer and step in self._wanted_steps:
            self.problem = answer
            self.weights_changed.emit()
        self._fetch()

    @property
    def _wanted_steps(self) -> set[int | None]:
        """The step that is chosen, and the one that it is held against."""
        return {self.step, *(self.snapshots[-1:] if self.shows_change else ())}

    def _keep(self, moment: Moment, weights: Weights) -> None:
        self._cache[moment] = weights
        while len(self._cache) > 1 and sum(len(kept.data) for kept in self._cache.values()) > CACHE:
            self._cache.popitem(last=False)

    def _show(self, weights: Weights) -> None:
        if weights is self.shown:
            return
        self.shown = weights
        self.weights = _array(weights)
        self.weights_changed.emit()


def _array(weights: Weights) -> NDArray[np.floating]:
    dtype = np.dtype(weights.dtype).newbyteorder("<")
    return np.frombuffer(weights.data, dtype).reshape(weights.shape)
