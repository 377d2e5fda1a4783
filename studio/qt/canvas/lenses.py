"""What cards and wires say under each lens."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from engine.errors import ShapeMismatchError
from engine.graph.layer_graph import Wire
from engine.graph.split import Placement
from engine.layers.base import Cost
from engine.plan.analysis.gradient_flow import gradient_wires
from engine.plan.analysis.partition.places import Place
from engine.protocol.messages import LayerHealth
from studio.models import splitting
from studio.models.document import Document
from studio.models.forecast import ForecastModel
from studio.models.health import findings
from studio.models.lens import Lens, LensChoice
from studio.models.problem_marks import ProblemMarks
from studio.models.quantities import short_bytes, short_count, short_time
from studio.models.readings import percent, three_digits
from studio.models.shape_changes import ShapeChanges
from studio.qt.canvas.wire_item import Flow
from studio.qt.texts import error_text, layer_text

PLACEMENT_TEXTS: dict[Placement, str] = {
    "data": "examples over {devices}",
    "model": "outputs over {devices}",
    "replicated": "whole on {devices}",
}

BYTES = 4
"""Of a value, which is a float32."""


def _names(names: tuple[str, ...], ranks: tuple[int, ...]) -> str:
    """Return the names of devices: "A, C", or "A–D" where more than two follow one another."""
    first, last = ranks[0], ranks[-1]
    if last - first > 1 and len(ranks) == last - first + 1:
        return f"{names[first]}–{names[last]}"
    return ", ".join(names[rank] for rank in ranks)


def _tr(source: str) -> str:
    return QCoreApplication.translate("lenses", source)


def health_facts(health: LayerHealth) -> tuple[str, ...]:
    """Return how a layer fares in two short lines, with a sign where something is wrong."""
    lines = []
    wrong = {finding.advice for finding in findings(health)}
    if health.update_ratio is not None:
        is_wrong = wrong & {"fast", "slow"}
        sign = "▲ " if is_wrong else "✓ "
        text = _tr("update {ratio}").format(ratio=three_digits(health.update_ratio))
        limits = _tr(" (0.0001–0.01)") if is_wrong else ""
        lines.append(f"{sign}{text}{limits}")
    if health.dead is not None:
        sign = "✖ " if "dead" in wrong else "✓ "
        limit = _tr(" (≤ 10 %)") if "dead" in wrong else ""
        lines.append(sign + _tr("dead {share}").format(share=percent(health.dead)) + limit)
    return tuple(lines)


class Showing:
    """What is to be said of each layer and wire of a document, as it is now."""

    def __init__(
        self,
        document: Document,
        choice: LensChoice,
        marks: ProblemMarks,
        changes: ShapeChanges,
        forecast: ForecastModel,
    ) -> None:
        self._document = document
        self._lens = lens = choice.lens
        self._health = choice.health
        self._forecast = forecast
        self._places = splitting.places(document) if lens is Lens.SPLIT else {}
        self._marks = marks
        self._changes = changes
        self._with_gradient: set[Wire] = set()
        self._total = Cost()
        if lens is Lens.GRADIENTS:
            self._with_gradient = gradient_wires(document.network.graph, document.inspection)
        if lens is Lens.COST:
            self._total = sum(document.costs().values(), Cost())

    def facts(self, layer: str) -> tuple[str, ...]:
        """Return the lines that a card shows instead of its caption; none where it keeps that."""
        if self._lens is Lens.HEALTH and layer in self._health:
            return health_facts(self._health[layer])
        if self._lens is Lens.SPLIT:
            return self._where(layer)
        cost = self._document.costs().get(layer)
        if self._lens is not Lens.COST or cost is None:
            return ()
        weights = _tr("{count} weights").format(count=short_count(cost.weights + cost.biases))
        memory = _tr("{bytes} a picture").format(bytes=short_bytes(BYTES * cost.activations))
        work = _tr("{count} mult-adds").format(count=short_count(cost.multiply_adds))
        told = ((weights, cost.weights), (work, cost.multiply_adds), (memory, cost.activations))
        return tuple(words for words, count in told if count)[:2]

    def share(self, layer: str) -> float | None:
        """Return a layer's share of the multiply-adds, where cards show it."""
        cost = self._document.costs().get(layer)
        if self._lens is not Lens.COST or cost is None:
            return None
        return cost.multiply_adds / max(1, self._total.multiply_adds)

    def strip(self, layer: str) -> Place | None:
        """Return where a layer runs, where cards show it and there is more than one device."""
        is_split = len(splitting.split_of(self._document).devices) > 1
        return self._places.get(layer) if is_split else None

    def _where(self, layer: str) -> tuple[str, ...]:
        place = self._places.get(layer)
        if place is None:
            return ()
        names = splitting.split_of(self._document).devices
        devices = _names(names, place.ranks)
        words = _tr("on {devices}" if len(place.ranks) == 1 else PLACEMENT_TEXTS[place.placement])
        lines = [words.format(devices=devices)]
        traffic = self._forecast.of_weights(layer)
        if traffic is not None:
            lines.append(_tr("gradients: {bytes}").format(bytes=short_bytes(traffic.sent)))
        return tuple(lines)

    def flow(self, wire: Wire) -> Flow:
        """Return what a wire says."""
        problem = self._marks.wires.get(wire)
        kind = self._document.inspection.outputs.get(wire.source)
        words = "" if kind is None else layer_text(str(kind))
        if problem is not None:
            if isinstance(problem, ShapeMismatchError):
                words = _tr("{found}, not {expected}").format(**problem.fields)
            return Flow(words, error_text(problem), is_wrong=True)
        explanation = f"{wire.source} → {wire.target}" + (f": {words}" if words else "")
        match self._lens:
            case Lens.COST:
                return self._memory(wire, words, explanation)
            case Lens.GRADIENTS:
                return self._gradient(wire, explanation)
            case Lens.SPLIT:
                return self._crossing(wire, explanation)
            case Lens.SHAPES | Lens.HEALTH:
                return self._shape(wire, words, explanation)

    def _shape(self, wire: Wire, words: str, explanation: str) -> Flow:
        before = self._changes.before(wire.source)
        if before is None:
            return Flow(words, explanation)
        return Flow(_tr("{before} → {now}").format(before=before, now=words), explanation, is_new=True)

    def _memory(self, wire: Wire, words: str, explanation: str) -> Flow:
        kind = self._document.inspection.outputs.get(wire.source)
        return Flow(short_bytes(BYTES * kind.size) if kind is not None else words, explanation)

    def _gradient(self, wire: Wire, explanation: str) -> Flow:
        if wire in self._with_gradient:
            return Flow(_tr("forward + gradient"), explanation)
        return Flow(_tr("forward"), explanation, is_faint=True)

    def _crossing(self, wire: Wire, explanation: str) -> Flow:
        traffic = self._forecast.along(wire.source, wire.target)
        if traffic is None:
            return Flow("", explanation, is_faint=True)
        sent, time = short_bytes(traffic.sent), short_time(traffic.waiting)
        words = _tr("{bytes} · waits {time}").format(bytes=sent, time=time)
        more = _tr(
            "{bytes} a step between devices, forth and back. On H200 with NVLink, computation would wait "
            "about {time} for it."
        ).format(bytes=sent, time=time)
        return Flow(words, f"{explanation}\n{more}", is_double=True)
