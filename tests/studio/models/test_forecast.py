"""The forecast follows the document: one request at a time, and none where nothing is split."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from engine.errors import PlanError
from engine.forecast.__main__ import answer
from engine.graph.examples import load_example
from studio.models import splitting
from studio.models.document import Document
from studio.models.forecast import ForecastModel


class Asked:
    """Keeps what was asked until it is to be answered."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Any, Callable[[Any], None]]] = []
        self.count = 0

    def ask(self, request: msgspec.Struct, then: Callable[[Any], None]) -> None:
        self.waiting.append((request, then))
        self.count += 1

    def answer(self, given: Any = None) -> None:
        request, then = self.waiting.pop(0)
        then(answer(request) if given is None else given)


@pytest.fixture
def document() -> Document:
    document = Document()
    document.new(load_example("digits"))
    return document


def test_what_is_sent_is_known_once_it_was_answered(document: Document) -> None:
    asked = Asked()
    model = ForecastModel(document, asked)
    model.follow()
    assert asked.count == 0
    splitting.use_preset(document, "hybrid", 2)
    assert model.forecast is None
    asked.answer()
    assert model.forecast is not None
    of_weights, along = model.of_weights("conv1"), model.along("conv2", "fc64")
    assert of_weights is not None
    assert of_weights.sent > 0
    assert model.of_weights("fc10") is None
    assert along is not None
    assert along.sent > 0
    assert along.waiting > 0
    splitting.use_one_device(document)
    assert model.forecast is None
    assert not asked.waiting


def test_changes_meanwhile_are_asked_for_once_afterwards(document: Document) -> None:
    asked = Asked()
    model = ForecastModel(document, asked)
    model.follow()
    for count in (2, 3, 4):
        splitting.use_preset(document, "data", count)
    assert asked.count == 1
    asked.answer()
    assert asked.count == 2
    asked.answer()
    assert model.forecast is not None
    assert len(model.forecast.devices) == 4
    assert asked.count == 2


def test_a_refusal_is_told(document: Document) -> None:
    asked = Asked()
    model = ForecastModel(document, asked)
    model.follow()
    splitting.use_preset(document, "data", 2)
    error = PlanError(layer="split", expected="more examples", found="few", hint="")
    asked.answer(error)
    assert (model.forecast, model.problem) == (None, error)
