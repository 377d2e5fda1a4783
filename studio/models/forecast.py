"""What the split takes: memory and communication, as another process forecasts them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from engine.errors import ConvNetError
from engine.graph.network_file import dumps
from engine.protocol.forecasts import AskForecast, Forecast, LayerTraffic, WireTraffic
from studio.models.document import Document
from studio.models.observable import Event
from studio.models.splitting import split_of


class Forecaster(Protocol):
    """Answers requests for forecasts."""

    def ask(self, request: msgspec.Struct, then: Callable[[Any], None]) -> None:
        """Send a request; ``then`` is called on the main thread with the answer or a ConvNetError."""


class ForecastModel:
    """The forecast for the document as it is, once ``follow`` was called; none without a ``forecaster``.

    ``forecast`` is None, and ``problem`` too, while it is being made, or while there is one device only.
    """

    def __init__(self, document: Document, forecaster: Forecaster | None = None) -> None:
        self.changed: Event[[]] = Event()
        self.forecast: Forecast | None = None
        self.problem: ConvNetError | None = None
        self._document, self._forecaster = document, forecaster
        self._is_followed = self._is_asking = False
        self._known = ""

    def follow(self) -> None:
        """Keep up with the document from now on."""
        if not self._is_followed:
            self._is_followed = True
            self._document.changed.connect(self._on_changed)
        self._on_changed()

    def along(self, source: str, target: str) -> WireTraffic | None:
        """Return what is sent between devices along a wire, if anything is."""
        wires = () if self.forecast is None else self.forecast.wires
        return next((wire for wire in wires if (wire.source, wire.target) == (source, target)), None)

    def of_weights(self, layer: str) -> LayerTraffic | None:
        """Return what is sent for a layer's weights, if anything is."""
        layers = () if self.forecast is None else self.forecast.layers
        return next((each for each in layers if each.layer == layer), None)

    def _on_changed(self) -> None:
        """Ask anew, unless an answer is under way: then after that."""
        document = self._document
        if len(split_of(document).devices) == 1 or document.inspection.problems:
            self._known = ""
            self._show(None)
            return
        if self._is_asking or self._forecaster is None:
            return
        # Where cards lie does not matter.
        text = dumps(dataclasses.replace(document.network, positions={}, comments={}))
        if text != self._known:
            self._known = text
            self._is_asking = True
            self._forecaster.ask(AskForecast(text), self._on_answered)

    def _on_answered(self, answer: Forecast | ConvNetError) -> None:
        self._is_asking = False
        self._show(answer)
        self._on_changed()

    def _show(self, answer: Forecast | ConvNetError | None) -> None:
        before = self.forecast, self.problem
        self.forecast = answer if isinstance(answer, Forecast) else None
        self.problem = answer if isinstance(answer, ConvNetError) else None
        if before != (self.forecast, self.problem):
            self.changed.emit()
