"""The other computers that the person has named: how each stands, and what can be trained on there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from engine.protocol.messages import Device
from studio.models.observable import Event
from studio.services.computer import ComputerStatus, Presence
from studio.services.link import EngineLink, Engines
from studio.services.ssh import Address


class Computer(Engines, Protocol):
    """Another computer, as the models see it."""

    address: Address
    status: ComputerStatus

    def connect(self) -> None:
        """Begin to log in."""

    def disconnect(self) -> None:
        """Let go; runs there go on."""

    def close(self) -> None:
        """Let go, and wait until nothing leads there any more."""

    def watch(self, run_id: str) -> EngineLink:
        """Begin to follow a run there."""


@dataclass(frozen=True)
class Place:
    """Where a training may run: a device of this computer, where ``computer`` is None, or of another."""

    computer: Computer | None
    device: str  # "cpu", "cuda:0"
    name: str  # of the device, as its maker calls it


class Computers:
    """All computers by their addresses. ``update`` takes in what they have told since."""

    def __init__(self, make: Callable[[Address], Computer]) -> None:
        self.list_changed: Event[[]] = Event()
        """A computer came or went."""
        self.status_changed: Event[[]] = Event()
        """What is known of one of them changed."""
        self._make = make
        self._computers: dict[str, Computer] = {}
        self._seen: dict[str, ComputerStatus] = {}

    def __iter__(self) -> Iterator[Computer]:
        return iter(self._computers.values())

    def __len__(self) -> int:
        return len(self._computers)

    def find(self, text: str) -> Computer | None:
        """Return the computer of an address."""
        return self._computers.get(text)

    def add(self, text: str, program: str = "") -> Computer:
        """Name a computer, in place of one of the same address; raises ComputerError."""
        address = Address.parse(text, program)
        self._drop(address.text)
        computer = self._computers[address.text] = self._make(address)
        self.list_changed.emit()
        return computer

    def remove(self, text: str) -> None:
        """Forget a computer. Runs there go on."""
        self._drop(text)
        self.list_changed.emit()

    def _drop(self, text: str) -> None:
        computer = self._computers.pop(text, None)
        self._seen.pop(text, None)
        if computer is not None:
            computer.disconnect()

    def update(self) -> None:
        """Take in what has changed."""
        now = {text: computer.status for text, computer in self._computers.items()}
        if now != self._seen:
            self._seen = now
            self.status_changed.emit()

    def places(self) -> list[Place]:
        """Return the devices of all computers that are connected."""
        return [
            Place(computer, device, name)
            for computer in self._computers.values()
            if computer.status.presence is Presence.ON and computer.status.about is not None
            for device, name in device_names(computer.status.about.devices)
        ]

    def close(self) -> None:
        """Leave all."""
        for computer in self._computers.values():
            computer.close()


def places_for(places: Iterable[Place], count: int) -> list[Place]:
    """Return where ``count`` devices of one computer can be had, from the places of single ones.

    A processor runs as many ranks as are wanted; GPUs have one each.
    """
    if count == 1:
        return list(places)
    found: dict[Computer | None, list[Place]] = {}
    for place in places:
        found.setdefault(place.computer, []).append(place)
    several = []
    for computer, own in found.items():
        several += [
            Place(computer, f"cpu:{count}", f"{count} × {place.name}")
            for place in own
            if place.device == "cpu"
        ]
        gpus = [place for place in own if place.device != "cpu"][:count]
        if len(gpus) == count:
            devices = ",".join(place.device for place in gpus)
            several.append(Place(computer, devices, f"{count} × {gpus[0].name}"))
    return several


def device_names(devices: Iterable[Device]) -> list[tuple[str, str]]:
    """Return each device as engines name it, and as its maker does."""
    devices = list(devices)
    gpus = [device for device in devices if device.kind == "gpu"]
    cpus = [("cpu", device.name) for device in devices if device.kind == "cpu"][:1]
    return [*cpus, *((f"cuda:{index}", gpu.name) for index, gpu in enumerate(gpus))]
