"""What cards and wires say under each lens."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from engine.errors import ShapeMismatchError
from engine.graph.layer_graph import Wire
from engine.layers.base import Cost
from engine.plan.analysis.gradient_flow import gradient_wires
from engine.protocol.messages import LayerHealth
from studio.models.document import Document
from studio.models.health import findings
from studio.models.lens import Lens, LensChoice
from studio.models.problem_marks import ProblemMarks
from studio.models.quantities import short_bytes, short_count
from studio.models.readings import percent, three_digits
from studio.models.shape_changes import ShapeChanges
from studio.qt.canvas.wire_item import Flow
from studio.qt.texts import error_text

BYTES = 4
"""Of a value, which is a float32."""


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
        self, document: Document, choice: LensChoice, marks: ProblemMarks, changes: ShapeChanges
    ) -> None:
        self._document = document
        self._lens = lens = choice.lens
        self._health = choice.health
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
        cost = self._document.costs().get(layer)
        if self._lens is not Lens.COST or cost is None:
            return ()
        return (
            _tr("{count} weights").format(count=short_count(cost.weights + cost.biases))
            if cost.weights
            else _tr("{bytes} a picture").format(bytes=short_bytes(BYTES * cost.activations)),
            _tr("{count} mult-adds").format(count=short_count(cost.multiply_adds)),
        )

    def share(self, layer: str) -> float | None:
        """Return a layer's share of the multiply-adds, where cards show it."""
        cost = self._document.costs().get(layer)
        if self._lens is not Lens.COST or cost is None:
            return None
        return cost.multiply_adds / max(1, self._total.multiply_adds)

    def flow(self, wire: Wire) -> Flow:
        """Return what a wire says."""
        problem = self._marks.wires.get(wire)
        kind = self._document.inspection.outputs.get(wire.source)
        words = "" if kind is None else str(kind)
        if problem is not None:
            if isinstance(problem, ShapeMismatchError):
                words = _tr("{found}, not {expected}").format(**problem.fields)
            return Flow(words, error_text(problem), is_wrong=True)
        explanation = f"{wire.source} → {wire.target}" + (f": {words}" if words else "")
        by_lens: dict[Lens, Callable[[], Flow]] = {
            Lens.SHAPES: lambda: self._shape(wire, words, explanation),
            Lens.COST: lambda: self._memory(wire, words, explanation),
            Lens.GRADIENTS: lambda: self._gradient(wire, explanation),
            Lens.HEALTH: lambda: self._shape(wire, words, explanation),
        }
        return by_lens[self._lens]()

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
