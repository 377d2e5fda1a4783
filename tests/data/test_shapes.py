"""The shapes are the same pictures on every machine."""

import hashlib

import numpy as np
import pytest

from engine.data.dataset import SPLITS, Dataset
from engine.data.figures import FIGURES, Figure, Placement, draw
from engine.data.shapes import RANGES, load_shapes, make_pictures


@pytest.fixture(scope="module")
def shapes() -> Dataset:
    return load_shapes()


def test_pictures_are_32_by_32_in_colour_and_balanced(shapes: Dataset) -> None:
    assert shapes.picture_shape == (32, 32, 3)
    for name, count in zip(SPLITS, (6000, 1000, 2000), strict=True):
        split = shapes.split(name)
        assert split.pictures.dtype == np.uint8
        assert np.bincount(split.labels).tolist() == [count // 10] * 10


def test_splits_share_no_number() -> None:
    numbers = [number for split in RANGES.values() for number in split]
    assert len(numbers) == len(set(numbers)) == 9000


def test_pictures_are_pinned(shapes: Dataset) -> None:
    assert {name: hashlib.sha256(shapes.split(name).pictures).hexdigest() for name in SPLITS} == {
        "train": "0d8362cffb04da96fcb4ea205a9074efffa962caee2f548cbd08b493f8218350",
        "validation": "72064aac29d37f9fdec3a92fa8f6f68c46b97f3e1088fda3f6edbaa7c2bfb9cf",
        "test": "5fd693d7787219fee3e1140f3e1315879b8335e13a5762aca466ee3f52d32b4d",
    }


def test_a_picture_depends_on_its_number_alone(shapes: Dataset) -> None:
    alone = make_pictures(range(7345, 7346))
    assert np.array_equal(alone.pictures[0], shapes.split("test").pictures[345])
    assert alone.labels[0] == shapes.split("test").labels[345]


def test_all_pictures_differ(shapes: Dataset) -> None:
    assert len({picture.tobytes() for name in SPLITS for picture in shapes.split(name).pictures}) == 9000


def _placement(**changes: float) -> Placement:
    """A figure of size 10 in the middle, upright, with a line of 2 pixels."""
    values = dict.fromkeys(Placement.__dataclass_fields__, 0.0)
    values |= {"size": 10.0, "pen": 2.0, "period": 8.0, "mirror": 1.0, **changes}
    return Placement(**{name: np.full((1, 1, 1), value, np.float32) for name, value in values.items()})


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_ink_is_float32_from_0_to_1(figure: Figure) -> None:
    ink = draw(figure, _placement(turn=0.7), side=32)
    assert ink.shape == (1, 32, 32)
    assert ink.dtype == np.float32
    assert 0 <= ink.min() < 0.1
    assert 0.9 < ink.max() <= 1


def test_a_circles_ink_is_circumference_times_pen() -> None:
    ink = draw(FIGURES[0], _placement(), side=32)
    assert ink.sum() == pytest.approx(2 * np.pi * 10 * 2, rel=0.02)


def test_an_upright_squares_ink_is_its_frame() -> None:
    """A frame between squares of sides 2 · 7.2 ± 2."""
    ink = draw(FIGURES[1], _placement(), side=32)
    assert ink.sum() == pytest.approx(16.4**2 - 12.4**2, rel=0.01)


def test_stripes_run_as_they_are_named() -> None:
    ink = {figure.name: draw(figure, _placement(), side=32)[0] for figure in FIGURES}
    assert np.all(ink["horizontal stripes"] == ink["horizontal stripes"][:, :1])
    assert np.all(ink["vertical stripes"] == ink["vertical stripes"][:1, :])
    diagonal = ink["diagonal stripes"]
    assert np.allclose(diagonal[1:, :-1], diagonal[:-1, 1:], atol=2e-3)


def test_a_mirrored_figure_is_its_mirror_image() -> None:
    for figure in FIGURES:
        ink = draw(figure, _placement(turn=0.5, phase_u=0.3), side=32)
        mirrored = draw(figure, _placement(turn=0.5, phase_u=0.3, mirror=-1.0), side=32)
        assert np.allclose(mirrored, ink[:, :, ::-1], atol=1e-6)
