"""Other computers as the models see them."""

import pytest

from engine.errors import ComputerError
from studio.models.computers import Computers
from studio.services.computer import ComputerStatus, Presence
from tests.studio.fake_engine import FakeComputer


@pytest.fixture
def computers():
    return Computers(FakeComputer)


@pytest.mark.parametrize(
    "text", ["", " ", "-oProxyCommand=x", "a b", "user@", "@host", "host;ls", "u@-x", "$(ls)", "a@b@c"]
)
def test_what_is_no_address_is_refused(computers, text):
    with pytest.raises(ComputerError, match="expected user@host"):
        computers.add(text)
    assert len(computers) == 0


@pytest.mark.parametrize(
    "text", ["gpubox", "ada@gpubox", "ada@10.0.0.7", "ada@fe80::1", "a.b-c@x.example.org"]
)
def test_addresses_are_taken(computers, text):
    assert computers.add(f" {text} ").address.text == text
    assert computers.find(text).address.program == "convnet"


def test_devices_of_connected_computers_are_places_to_train(computers):
    told = []
    computers.status_changed.connect(lambda: told.append(len(computers.places())))
    box = computers.add("ada@gpubox")
    computers.add("bob@nowhere")
    computers.update()
    box.answer()
    computers.update()
    computers.update()
    assert told == [0, 2]
    assert [(place.computer, place.device) for place in computers.places()] == [(box, "cpu"), (box, "cuda:0")]
    box.status = ComputerStatus(Presence.LOST, box.status.about)
    assert computers.places() == []


def test_one_that_is_named_anew_or_removed_is_left(computers):
    left = []
    box = computers.add("ada@gpubox")
    box.disconnect = lambda: left.append("first")
    again = computers.add("ada@gpubox", "studio/.venv/bin/convnet")
    again.disconnect = lambda: left.append("second")
    assert len(computers) == 1
    computers.remove("ada@gpubox")
    assert left == ["first", "second"]
    assert len(computers) == 0
