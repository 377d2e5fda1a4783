"""Messages between a studio and the process that forecasts what a split takes.

Requests are answered one after the other, each with its answer or a ``Problem``.
"""

from __future__ import annotations

from engine.protocol.codec import FrameDecoder
from engine.protocol.messages import Count, Message, Name, Phrase, Problem

_LIMIT = 64 * 1024 * 1024


class AskForecast(Message, frozen=True):
    """What the network's first split takes. ``Forecast``."""

    network: str  # content of a network file


class WireTraffic(Message, frozen=True):
    """What is sent between devices along one wire."""

    source: Name  # the layer that it comes from
    target: Name  # the layer that it goes to
    sent: Count  # bytes a step, forth and back, of all devices
    waiting: float  # s a step that computation would wait for it on NVIDIA H200 with NVLink


class LayerTraffic(Message, frozen=True):
    """What is sent between devices for one layer's weights."""

    layer: Name  # the layer
    sent: Count  # bytes a step, of all devices
    waiting: float  # s a step, as in WireTraffic


class DeviceForecast(Message, frozen=True):
    """What one device has and does."""

    memory: Count  # bytes of weights, activations and all else
    sent: Count  # bytes that it sends to others in a step


class Forecast(Message, frozen=True):
    """Answers ``AskForecast``: exact for float32, since the network was compiled for it, but for times."""

    devices: tuple[DeviceForecast, ...]  # in the order of the split's
    wires: tuple[WireTraffic, ...]  # those along which something is sent
    layers: tuple[LayerTraffic, ...]  # those for whose weights something is sent
    notes: tuple[Phrase, ...]  # what could not be split as asked for


requests: FrameDecoder[AskForecast] = FrameDecoder(AskForecast, _LIMIT)
answers: FrameDecoder[Forecast | Problem] = FrameDecoder(Forecast | Problem, _LIMIT)
