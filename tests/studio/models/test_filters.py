"""Which filters are shown, and what is asked of the engine for it."""

import numpy as np
import pytest

from engine.errors import ProtocolError
from engine.protocol.messages import (
    CheckpointKept,
    GetWeights,
    HealthMeasured,
    Histogram,
    LayerHealth,
    Rewound,
    SnapshotKept,
)
from studio.models import filters
from studio.models.filters import FilterModel
from studio.models.mosaic import tones
from studio.models.run import RunModel
from studio.models.selection import Selection
from tests.studio.fake_engine import FakeEngines, small_document, weights


class Stage:
    """A filter model with all that it depends on."""

    def __init__(self):
        self.engines = FakeEngines()
        self.run = RunModel(self.engines)
        self.selection = Selection(small_document())
        self.model = FilterModel(self.run, self.selection)

    @property
    def link(self):
        return self.engines.link

    def train(self):
        self.run.train(small_document())
        self.link.welcome()
        self.run.update()

    def snapshots(self, *steps):
        self.link.journal(*map(SnapshotKept, steps))
        self.run.update()

    def asked(self):
        return [(request.layer, request.step) for request in self.link.weight_requests()]

    def answer(self, fill=0.0):
        """Answer the last request for weights, which must be the newest request."""
        request = self.link.asked[-1]
        assert isinstance(request, GetWeights)
        shape = self.model.layers[request.layer].shape
        self.link.answer_last(weights(request.layer, request.step, np.full(shape, fill)))
        self.run.update()


@pytest.fixture
def stage():
    stage = Stage()
    stage.train()
    return stage


def test_nothing_is_asked_while_nobody_looks(stage):
    stage.snapshots(1, 2, 3)
    stage.selection.select(["conv2"])
    assert stage.asked() == []
    stage.model.set_visible(True)
    assert stage.asked() == [("conv2", 3)]
    stage.answer()
    stage.model.set_visible(False)
    stage.snapshots(4)
    assert stage.asked() == [("conv2", 3)]


def test_the_first_layer_with_filters_is_shown_until_another_is_selected(stage):
    assert stage.model.layer == "conv1"
    stage.selection.select(["conv2"])
    assert stage.model.layer == "conv2"
    stage.selection.select(["softmax1"])
    assert stage.model.layer == "conv2"
    stage.selection.select(["fc1"])
    assert stage.model.layer == "fc1", "its input is a map"


def test_one_request_is_under_way_at_a_time_and_overtaken_wishes_are_never_sent(stage):
    stage.model.set_visible(True)
    stage.snapshots(1)
    stage.snapshots(2)
    stage.snapshots(3)
    assert stage.asked() == [("conv1", 1)]
    stage.answer()
    assert stage.model.shown.step == 1
    assert stage.asked() == [("conv1", 1), ("conv1", 3)]
    stage.answer()
    assert stage.model.shown.step == 3
    assert len(stage.asked()) == 2


def test_following_ends_when_a_snapshot_is_chosen_and_begins_again(stage):
    stage.model.set_visible(True)
    stage.snapshots(1, 2, 3)
    stage.answer()
    stage.model.show_snapshot(0)
    stage.answer(0.5)
    stage.snapshots(4)
    assert not stage.model.following
    assert stage.model.step == stage.model.shown.step == 1
    assert stage.model.index == 0
    stage.model.follow()
    stage.answer()
    assert stage.model.step == stage.model.shown.step == 4


def test_going_back_to_weights_at_hand_asks_nothing(stage):
    stage.model.set_visible(True)
    stage.snapshots(1)
    stage.answer(0.25)
    stage.snapshots(2)
    stage.answer(0.5)
    stage.model.show_snapshot(0)
    assert stage.model.weights.max() == 0.25
    assert len(stage.asked()) == 2


def test_the_memory_for_weights_is_bounded(stage, monkeypatch):
    monkeypatch.setattr(filters, "CACHE", 1000)
    stage.model.set_visible(True)
    for step in range(1, 30):
        stage.snapshots(step)
        stage.answer()
    assert sum(len(kept.data) for kept in stage.model._cache.values()) <= 1000


def test_a_problem_is_told_and_not_asked_for_again_until_the_wish_changes(stage):
    stage.model.set_visible(True)
    stage.snapshots(1)
    stage.link.answer_last(ProtocolError(message="no such snapshot"))
    stage.run.update()
    assert stage.model.problem is not None
    assert len(stage.asked()) == 1
    stage.snapshots(2)
    assert len(stage.asked()) == 2
    assert stage.model.problem is None


def test_newest_weights_that_cannot_be_had_for_the_change_are_asked_for_once(stage):
    stage.model.set_visible(True)
    stage.snapshots(1)
    stage.answer(1.0)
    stage.model.show_snapshot(0)
    stage.snapshots(2)
    stage.model.show_change(True)
    stage.link.answer_last(ProtocolError(message="no such snapshot"))
    stage.run.update()
    assert stage.asked() == [("conv1", 1), ("conv1", 2)]
    assert stage.model.problem is not None
    stage.model.show_change(False)
    assert stage.model.problem is None
    assert (stage.model.page.pictures == 1.0).all()


def test_another_run_forgets_the_filters_and_late_answers_of_the_old_one(stage):
    stage.model.set_visible(True)
    stage.snapshots(1)
    stage.answer(1.0)
    stage.train()
    assert stage.model.weights is None
    assert stage.model.step is None
    stage.snapshots(1)
    assert stage.asked() == [("conv1", 1)]


def test_a_rewound_snapshot_is_not_shown_any_more(stage):
    stage.model.set_visible(True)
    stage.snapshots(1, 2, 3)
    stage.answer()
    stage.model.show_snapshot(2)
    stage.link.journal(Rewound(2))
    stage.run.update()
    assert stage.model.step == 2


def test_weights_have_the_shape_that_the_engine_says(stage):
    stage.model.set_visible(True)
    stage.snapshots(1)
    array = np.arange(4 * 27, dtype=np.float32).reshape(4, 3, 3, 3)
    stage.link.answer_last(weights("conv1", 1, array))
    stage.run.update()
    np.testing.assert_array_equal(stage.model.weights, array)


def test_the_change_since_then_is_that_until_the_newest_snapshot(stage):
    stage.model.set_visible(True)
    stage.snapshots(1)
    stage.answer(1.0)
    stage.snapshots(2)
    stage.answer(4.0)
    stage.model.show_snapshot(0)
    stage.model.show_change(True)
    assert (stage.model.page.pictures == 3.0).all()
    stage.model.show_change(False)
    assert (stage.model.page.pictures == 1.0).all()
    stage.model.follow()
    stage.model.show_change(True)
    assert stage.model.step == 1, "since the start, where the newest one was shown"


def test_a_fork_begins_at_the_checkpoint_before_what_is_shown(stage):
    stage.snapshots(1, 5, 9)
    stage.link.journal(CheckpointKept(4), CheckpointKept(8))
    stage.run.update()
    steps = []
    for index in range(3):
        stage.model.show_snapshot(index)
        steps.append(stage.model.fork_step)
    assert steps == [None, 4, 8]


def test_one_scale_for_all_layers_is_their_largest_weight(stage):
    stage.model.set_visible(True)
    stage.snapshots(1)
    stage.answer(0.5)
    layers = tuple(
        LayerHealth(name, weights=Histogram(-largest, largest, 1.0, (1,)))
        for name, largest in (("conv1", 0.5), ("conv2", 2.0))
    )
    stage.link.journal(HealthMeasured(1, layers))
    stage.run.update()
    assert stage.model.reference is None
    stage.model.set_normalisation("all")
    assert stage.model.reference == 2.0
    assert (tones(stage.model.page.pictures, "all", 2.0) == round(127.5 + 127.5 / 4)).all()


def test_weights_of_before_a_rewinding_are_not_taken_for_those_of_the_same_step(stage):
    stage.model.set_visible(True)
    stage.snapshots(4, 8)
    stage.answer(1.0)
    stage.link.journal(Rewound(4, None, True))
    stage.run.update()
    stage.answer(2.0)
    stage.snapshots(8)
    assert stage.asked() == [("conv1", 8), ("conv1", 4), ("conv1", 8)]
    stage.answer(3.0)
    assert (stage.model.weights == 3.0).all()


def test_an_answer_from_before_a_rewinding_is_asked_for_again(stage):
    stage.model.set_visible(True)
    stage.snapshots(4, 8)
    stage.link.journal(Rewound(4, None, True), SnapshotKept(8))
    stage.run.update()
    stage.answer(1.0)
    assert stage.model.weights is None
    assert stage.asked() == [("conv1", 8), ("conv1", 8)]
    stage.answer(3.0)
    assert (stage.model.weights == 3.0).all()
