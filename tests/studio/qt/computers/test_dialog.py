"""The window of the other computers, and the picker of devices that lists theirs."""

import pytest

from engine.errors import ComputerError
from engine.protocol.computer import FoundRun
from engine.protocol.messages import RunState as EngineState
from studio.models.computers import Computers
from studio.models.document import Document
from studio.models.run import RunModel
from studio.models.run_state import RunState
from studio.qt.computers.dialog import ComputersDialog
from studio.qt.computers.kept import restore
from studio.qt.run_controls import DevicePicker, RunProgress
from studio.services.computer import ComputerStatus, Presence
from studio.services.link import Sending
from tests.studio.fake_engine import FakeComputer, FakeEngines, small_document

RUN = FoundRun("0" * 32, "digits", 1.7e9, False, EngineState.STOPPED)


@pytest.fixture
def run():
    return RunModel(FakeEngines())


@pytest.fixture
def computers():
    return Computers(FakeComputer)


@pytest.fixture
def dialog(qtbot, computers, run):
    dialog = ComputersDialog(computers, run)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def add(dialog, text):
    dialog.address.setText(text)
    dialog.add_button.click()
    return dialog._computers.find(text)


def test_a_computer_is_named_connected_and_kept(dialog, computers):
    box = add(dialog, "ada@gpubox")
    assert box.status.presence is Presence.CONNECTING
    box.answer(RUN)
    computers.update()
    assert dialog.details.state.text() == "Connected"
    assert "Test GPU" in dialog.details.facts.text()
    later = Computers(FakeComputer)
    restore(later)
    assert later.find("ada@gpubox").status.presence is Presence.OFF


def test_bad_addresses_and_failures_are_told_where_they_were_made(dialog, computers):
    assert add(dialog, "-oProxyCommand=x") is None
    assert "expected user@host" in dialog.problem.text()
    box = add(dialog, "ada@gpubox")
    assert dialog.problem.isHidden()
    error = ComputerError(computer="ada@gpubox", reason="Permission denied.", hint="Let your key in there.")
    box.status = ComputerStatus(problem=error)
    computers.update()
    assert "Permission denied" in dialog.details.problem.text()
    dialog.details.connect_button.click()
    assert box.status.presence is Presence.CONNECTING
    assert dialog.details.problem.isHidden()


def test_another_version_is_warned_of(dialog, computers):
    add(dialog, "ada@gpubox").answer(version="99.0")
    computers.update()
    assert "ConvNet Studio 99.0" in dialog.details.facts.text()
    assert "use the same on both" in dialog.details.facts.text()


def test_a_run_there_is_watched_from_here(dialog, computers, run, qtbot):
    box = add(dialog, "ada@gpubox")
    box.answer(RUN)
    computers.update()
    assert not dialog.details.watch_button.isEnabled()
    dialog.details.runs.topLevelItem(0).setSelected(True)
    computers.update()
    with qtbot.waitSignal(dialog.watching):
        dialog.details.watch_button.click()
    assert box.watched == [RUN.run_id]
    assert not run.is_here
    box.link.welcome(EngineState.STOPPED)
    box.link.state(EngineState.STOPPED)
    run.update()
    assert run.state is RunState.STOPPED


def test_the_picker_keeps_its_choice_and_trains_there(qtbot, computers, run):
    picker = DevicePicker(run, computers, Document())
    qtbot.addWidget(picker)
    box = computers.add("ada@gpubox")
    box.answer()
    computers.update()
    assert [picker.itemText(index) for index in range(3)] == [
        "CPU",
        "ada@gpubox · CPU",
        "ada@gpubox · Test GPU",
    ]
    picker.setCurrentIndex(2)
    computers.add("bob@nowhere").answer()
    computers.update()
    place = picker.place
    assert (place.computer, place.device) == (box, "cuda:0")
    run.train(small_document(), place.device, place.computer)
    assert box.orders[0].device == "cuda:0"
    box.status = ComputerStatus(Presence.LOST, box.status.about)
    computers.update()
    assert picker.place.computer is None


def test_choosing_other_computers_asks_for_their_window_and_changes_nothing(qtbot, computers, run):
    picker = DevicePicker(run, computers, Document())
    qtbot.addWidget(picker)
    last = picker.count() - 1
    picker.setCurrentIndex(last)
    with qtbot.waitSignal(picker.computers_requested):
        picker.activated.emit(last)
    assert picker.place.device == "cpu"


def test_sending_shows_how_much_and_how_long_and_can_be_given_up(qtbot, computers, run):
    progress = RunProgress(run)
    qtbot.addWidget(progress)
    box = computers.add("ada@gpubox")
    run.train(small_document(), on=box)
    box.link.arrivals.append(Sending(0, 34 * 10**8, is_reading=True))
    run.update()
    assert progress.words == "Reading the data…"
    box.link.arrivals.append(Sending(12 * 10**8, 34 * 10**8, is_reading=False, seconds_left=95.0))
    run.update()
    assert progress.words == "Sending 1.20 GB of 3.40 GB · 1:35 left"
    assert run.can_stop
    run.stop()
    assert box.link.closed
    assert run.state is RunState.STOPPED
