"""The data model: looks at what the document names, tells the document what it saw, and fits the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import DataError, DataMismatchError, EngineStartError
from engine.graph.settings import DataSettings
from engine.layers.catalogue import Data, Fc
from engine.protocol.previews import ClassSeen, DataDecoded, DataSeen, LookAtData, Picture
from engine.protocol.problems import describe
from studio.models import editing
from studio.models.data import DataModel, DataState
from studio.models.document import Document
from studio.services.data_preview import Told
from tests.studio.networks import small_network

PIXEL = Picture(1, 1, bytes(3))


def seen(shape: tuple[int, int, int] = (20, 10, 3), classes: int = 4) -> DataSeen:
    names = tuple(ClassSeen(f"class {number}", 5, 0, 1, (PIXEL,)) for number in range(classes))
    return DataSeen("pets", shape, names, 0.0, 255.0, 9.0, PIXEL, 20, (), (), 0)


class FakeLook:
    """A look whose other end is the test."""

    def __init__(self, request: LookAtData) -> None:
        self.request = request
        self.told: list[Told] = []
        self.closed = False

    def drain(self) -> list[Told]:
        told, self.told = self.told, []
        return told

    def close(self) -> None:
        self.closed = True


class Bench:
    """A document with a network of its own data, and the model."""

    def __init__(self) -> None:
        self.looks: list[FakeLook] = []
        self.document = Document()
        network = small_network()
        network.data = DataSettings(source="path", path="pets")
        self.document.new(network)
        self.model = DataModel(self.document, self)
        self.changes: list[DataState] = []
        self.model.changed.connect(lambda: self.changes.append(self.model.state))

    def look(self, request: LookAtData) -> FakeLook:
        self.looks.append(FakeLook(request))
        return self.looks[-1]

    def tell(self, *told: Told) -> None:
        self.looks[-1].told += told
        self.model.update()

    def misfits(self) -> list[DataMismatchError]:
        return [each for each in self.document.inspection.problems if isinstance(each, DataMismatchError)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_nothing_is_looked_at_before_somebody_asks(bench: Bench) -> None:
    bench.model.update()
    assert bench.model.state is DataState.NOTHING
    assert not bench.looks
    assert not bench.model.is_current
    assert not bench.misfits()


def test_what_does_not_fit_is_a_problem_from_the_look_on(bench: Bench) -> None:
    bench.model.look()
    assert bench.looks[0].request.base == str(Path.cwd())
    bench.tell(DataDecoded(7))
    assert (bench.model.state, bench.model.decoded) == (DataState.LOOKING, 7)
    bench.tell(DataDecoded(9), seen())
    assert bench.model.state is DataState.SEEN
    assert bench.model.is_current
    assert bench.looks[0].closed
    assert {problem.layers[0] for problem in bench.misfits()} == {"data1"}
    assert bench.changes == [DataState.LOOKING, DataState.LOOKING, DataState.SEEN]


def test_fitting_is_one_step_of_undo_and_leaves_no_problem(bench: Bench) -> None:
    bench.model.look()
    bench.tell(seen())
    before = dict(bench.document.network.graph.layers())
    assert bench.model.misfits
    bench.model.fit()
    graph = bench.document.network.graph
    assert graph["data1"] == replace(before["data1"], size=(20, 10), channels=3)  # type: ignore[arg-type]
    assert isinstance(graph["data1"], Data)
    assert isinstance(graph["fc1"], Fc)
    assert graph["fc1"].outputs == 4
    assert not bench.misfits()
    assert not bench.model.misfits
    assert str(bench.document.undo_stack.undo_title) == "Fit to pets"
    bench.document.undo()
    assert bench.document.network.graph.layers() == before
    assert bench.misfits()


def test_other_settings_make_a_look_stale_and_forget_its_problems(bench: Bench) -> None:
    bench.model.look()
    bench.tell(seen())
    editing.set_data(bench.document, replace(bench.document.network.data, path="others"))
    assert not bench.model.is_current
    assert not bench.misfits()
    bench.document.undo()
    assert bench.model.is_current
    assert bench.misfits()


def test_a_new_look_gives_up_the_one_before(bench: Bench) -> None:
    bench.model.look()
    bench.model.look()
    assert [look.closed for look in bench.looks] == [True, False]
    bench.model.cancel()
    assert bench.looks[1].closed
    assert bench.model.state is DataState.NOTHING
    bench.tell(seen())
    assert bench.model.state is DataState.NOTHING, "it was given up"


@pytest.mark.parametrize("told", [describe(DataError(source="x", expected="y", found="z", hint="")), None])
def test_a_look_that_fails_says_why(bench: Bench, told: Told | None) -> None:
    bench.model.look()
    bench.tell(told or EngineStartError(reason="it died"))
    assert bench.model.state is DataState.FAILED
    assert isinstance(bench.model.cause, DataError if told else EngineStartError)
    assert not bench.misfits()
    bench.model.look()
    bench.tell(seen())
    assert bench.model.cause is None


def test_built_in_data_is_known_without_a_look() -> None:
    document = Document()
    network = small_network()
    network.data = DataSettings(source="digits")
    document.new(network)
    assert document.data_facts is not None
    assert document.data_facts.shape == (8, 8, 1)
