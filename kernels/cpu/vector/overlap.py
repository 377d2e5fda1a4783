"""Which windows see which pixels, along one axis, in stretches that one piece of code can do.

windows of 3 pixels, 2 apart          window 0 ├───┼───┼───┤
pixel 0: window 0                     window 1         ├───┼───┼───┤
pixels 1, 3, …: one window            pixels     0   1   2   3   4
pixels 2, 4, …: two windows
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Stretch:
    """``count`` items, from ``first`` on and ``step`` apart, that meet ``partners`` others each.

    The first item meets those from ``partner`` on, each further item those from ``partner_step`` later on.
    ``detail`` is what else they have in common.
    """

    first: int
    step: int
    count: int
    partner: int
    partner_step: int
    partners: int
    detail: tuple[int, ...]


@dataclass(frozen=True)
class Axis:
    """``places`` windows of ``size`` pixels, ``stride`` apart, over ``extent`` pixels from ``start`` on."""

    extent: int
    places: int
    size: int
    stride: int
    start: int

    def pixels_of(self, place: int) -> range:
        """Return the pixels inside the picture that a window sees."""
        first = place * self.stride + self.start
        return range(max(0, first), min(self.extent, first + self.size))

    def windows_of(self, pixel: int) -> range:
        """Return the windows that see a pixel."""
        first = -(-(pixel - self.start - self.size + 1) // self.stride)
        last = (pixel - self.start) // self.stride
        return range(max(0, first), min(self.places, last + 1))

    def windows(self) -> list[Stretch]:
        """Return the windows with the pixels that they see; detail: the first pixel's place in a window."""

        def detail(place: int) -> tuple[int, ...]:
            return (self.pixels_of(place).start - place * self.stride - self.start,)

        return _stretches(range(self.places), self.stride, self.pixels_of, detail)

    def pixels(self, *, shares: bool = False) -> list[Stretch]:
        """Return the pixels with the windows that see them.

        With ``shares``, detail is how many pixels each of these sees; without, they are fewer stretches.
        """

        def detail(pixel: int) -> tuple[int, ...]:
            return tuple(len(self.pixels_of(place)) for place in self.windows_of(pixel)) if shares else ()

        return [
            stretch
            for residue in range(min(self.stride, self.extent))
            for stretch in _stretches(range(residue, self.extent, self.stride), 1, self.windows_of, detail)
        ]


def _stretches(
    items: range,
    partner_step: int,
    partners: Callable[[int], range],
    detail: Callable[[int], tuple[int, ...]],
) -> list[Stretch]:
    stretches: list[Stretch] = []
    for item in items:
        met = partners(item)
        last = stretches[-1] if stretches else None
        if (
            last is not None
            and len(met) == last.partners
            and detail(item) == last.detail
            and (not met or met.start == last.partner + last.count * partner_step)
        ):
            stretches[-1] = Stretch(
                last.first, last.step, last.count + 1, last.partner, partner_step, last.partners, last.detail
            )
        else:
            stretches.append(Stretch(item, items.step, 1, met.start, partner_step, len(met), detail(item)))
    return stretches
