"""Views are the crops that cuda-convnet and cuda-convnet2 average over."""

import numpy as np
import pytest

from engine.data.dataset import Split
from engine.data.loader import Loader
from engine.data.preprocessing import Preprocessing
from engine.data.views import Views
from engine.graph.settings import DataSettings

PICTURES = np.random.default_rng(1).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
PREPROCESSING = Preprocessing.fit(PICTURES, DataSettings(mean="picture", scale=1.0), (24, 24))
PREPARED = PICTURES - PICTURES.mean(0)
CORNERS = [(0, 0), (0, 8), (4, 4), (8, 0), (8, 8)]
EXPECTED = {
    "one": [PREPARED[:, 4:28, 4:28]],
    "nine": [PREPARED[:, y : y + 24, x : x + 24] for y in (0, 4, 8) for x in (0, 4, 8)],
    "ten": [PREPARED[:, y : y + 24, x : x + 24] for y, x in CORNERS]
    + [PREPARED[:, y : y + 24, x : x + 24][:, :, ::-1] for y, x in CORNERS],
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_views_are_cut_at_their_places(kind: str) -> None:
    views = Views(PREPROCESSING, kind)
    found = [view.copy() for view in views.each(PICTURES, np.empty((5, 24, 24, 3)))]
    assert len(views) == len(found)
    assert np.stack(found) == pytest.approx(np.stack(EXPECTED[kind]), abs=1e-9)


def test_a_loader_gives_the_views_of_a_short_batch() -> None:
    loader = Loader(Split(PICTURES, np.zeros(5, np.int32)), 3, PREPROCESSING, seed=0, dtype=np.float64)
    *_, last = loader.epoch(0, shuffle=False)
    for view, expected in zip(loader.views(last, Views(PREPROCESSING, "ten")), EXPECTED["ten"], strict=True):
        assert view[:2] == pytest.approx(expected[3:], abs=1e-9)
        assert not view[2:].any()
