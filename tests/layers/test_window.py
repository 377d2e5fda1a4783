"""Window geometry against plain enumeration of the windows' places."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.layers.window import conv_extent, pool_extent

EXTENTS = st.integers(1, 40)
SIZES = st.integers(1, 12)
STRIDES = st.integers(1, 12)


def walk(first: int, end: int, size: int, stride: int) -> list[range]:
    """Lay windows side by side from ``first`` on, until one reaches ``end``."""
    windows = [range(first, first + size)]
    while windows[-1].stop < end:
        start = windows[-1].start + stride
        windows.append(range(start, start + size))
    return windows


@given(EXTENTS, SIZES, STRIDES, st.integers(0, 8))
def test_conv_has_a_place_for_each_window_until_one_reaches_the_end_of_the_padding(
    extent: int, size: int, stride: int, padding: int
) -> None:
    assume(extent + 2 * padding >= size)
    windows = walk(-padding, extent + padding, size, stride)
    assert conv_extent(extent, size, stride, padding) == len(windows)


@given(EXTENTS, SIZES, STRIDES, st.integers(-11, 0))
def test_pooling_has_a_window_for_each_until_one_reaches_the_end_of_the_picture(
    extent: int, size: int, stride: int, start: int
) -> None:
    assume(size <= extent and stride <= size and -start < size)
    windows = walk(start, extent, size, stride)
    assert pool_extent(extent, size, stride, start) == len(windows)


@given(EXTENTS, SIZES, STRIDES, st.integers(-11, 0))
def test_pooling_windows_see_every_pixel_and_none_is_empty(
    extent: int, size: int, stride: int, start: int
) -> None:
    assume(size <= extent and stride <= size and -start < size)
    count = pool_extent(extent, size, stride, start)
    windows = [
        set(range(start + i * stride, start + i * stride + size)) & set(range(extent)) for i in range(count)
    ]
    assert all(windows)
    assert set().union(*windows) == set(range(extent))


@pytest.mark.parametrize(
    ("extent", "size", "stride", "padding", "places"),
    [
        (32, 5, 1, 2, 32),
        (32, 5, 1, 0, 28),
        (224, 11, 4, 0, 55),
        (8, 3, 2, 0, 4),
        (1, 1, 1, 0, 1),
        (5, 1, 10, 0, 2),
    ],
)
def test_conv_of_known_networks(extent: int, size: int, stride: int, padding: int, places: int) -> None:
    """224/11/4 is AlexNet's first layer as cuda-convnet counts it: ⌈213 / 4⌉ + 1."""
    assert conv_extent(extent, size, stride, padding) == places


@pytest.mark.parametrize(
    ("extent", "size", "stride", "start", "places"), [(32, 3, 2, 0, 16), (55, 3, 2, 0, 27), (8, 3, 2, -1, 4)]
)
def test_pooling_of_known_networks(extent: int, size: int, stride: int, start: int, places: int) -> None:
    assert pool_extent(extent, size, stride, start) == places
