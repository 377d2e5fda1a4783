"""Stretches of windows and pixels, against looking at each of them."""

from __future__ import annotations

import pytest

from kernels.cpu.vector.overlap import Axis, Stretch

AXES = [
    Axis(extent=7, places=3, size=3, stride=2, start=0),
    Axis(extent=8, places=4, size=3, stride=2, start=0),
    Axis(extent=5, places=6, size=4, stride=1, start=-2),
    Axis(extent=9, places=3, size=2, stride=4, start=-1),
    Axis(extent=3, places=1, size=5, stride=2, start=-1),
]
every_axis = pytest.mark.parametrize("axis", AXES, ids=str)


def listed(stretches: list[Stretch]) -> dict[int, list[int]]:
    """Return the partners of each item."""
    return {
        stretch.first + stretch.step * i: [
            stretch.partner + stretch.partner_step * i + k for k in range(stretch.partners)
        ]
        for stretch in stretches
        for i in range(stretch.count)
    }


@every_axis
def test_windows_have_their_pixels(axis: Axis) -> None:
    """Each window is in one stretch, with the pixels of the picture that it sees."""
    expected = {
        place: [
            pixel for pixel in range(axis.extent) if 0 <= pixel - place * axis.stride - axis.start < axis.size
        ]
        for place in range(axis.places)
    }
    assert listed(axis.windows()) == expected


@every_axis
def test_pixels_have_their_windows(axis: Axis) -> None:
    """Each pixel is in one stretch, with the windows that see it; asked for, detail is what these see."""
    windows = listed(axis.windows())
    expected = {pixel: [w for w, seen in windows.items() if pixel in seen] for pixel in range(axis.extent)}
    assert listed(axis.pixels()) == listed(axis.pixels(shares=True)) == expected
    for stretch in axis.pixels(shares=True):
        for i in range(stretch.count):
            seeing = expected[stretch.first + i * stretch.step]
            assert stretch.detail == tuple(len(windows[window]) for window in seeing)
