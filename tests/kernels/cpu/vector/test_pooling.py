"""Generated pooling, for odd geometries and each target, against NumPy's in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.kernels.cpu.vector.against_numpy import check, numbers, run_generated

GEOMETRIES: dict[str, tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "whole": ((2, 6, 4, 3), (2, 3, 2, 3), {"size": (2, 2), "stride": (2, 2), "start": (0, 0)}),
    "overlapping, overhangs": (
        (3, 7, 8, 5),
        (3, 4, 4, 5),
        {"size": (3, 3), "stride": (2, 2), "start": (0, 0)},
    ),
    "begins outside": ((2, 5, 6, 17), (2, 6, 3, 17), {"size": (3, 4), "stride": (1, 2), "start": (-1, -2)}),
    "stride larger than the window": (
        (19, 8, 7, 2),
        (19, 3, 3, 2),
        {"size": (2, 1), "stride": (3, 3), "start": (0, 0)},
    ),
    "the last windows left out": (
        (2, 9, 8, 5),
        (2, 3, 2, 5),
        {"size": (3, 3), "stride": (2, 2), "start": (-1, 0)},
    ),
    "one window": ((1, 3, 2, 1), (1, 1, 1, 1), {"size": (5, 5), "stride": (1, 1), "start": (0, 0)}),
}
every_geometry = pytest.mark.parametrize(
    ("pictures", "maps", "attributes"), GEOMETRIES.values(), ids=GEOMETRIES
)


@every_geometry
@pytest.mark.parametrize("kind", ["max_pool", "avg_pool"])
def test_maps(
    target: str, kind: str, pictures: tuple[int, ...], maps: tuple[int, ...], attributes: dict[str, Any]
) -> None:
    """They agree with NumPy's."""
    arrays = {"x": numbers(pictures, 1), "y": numbers(maps, 2)}
    check(f"{kind}.forward", target, arrays, "y", **attributes)
    if kind == "avg_pool":
        check(f"{kind}.forward", target, arrays, "y", **attributes, total=True)


@every_geometry
@pytest.mark.parametrize("accumulate", [False, True])
def test_gradients(
    target: str,
    accumulate: bool,
    pictures: tuple[int, ...],
    maps: tuple[int, ...],
    attributes: dict[str, Any],
) -> None:
    """They agree with NumPy's, written or added, where pixels of a window are tied too."""
    x = np.round(numbers(pictures, 1), 1)
    arrays = {"x": x, "y": np.empty(maps, np.float32)}
    run_generated("max_pool.forward", target, arrays, **attributes)
    arrays |= {"dy": numbers(maps, 2), "dx": numbers(pictures, 3)}
    check("max_pool.backward", target, arrays, "dx", **attributes, accumulate=accumulate)
    arrays = {"dy": numbers(maps, 2), "dx": numbers(pictures, 3)}
    for total in (False, True):
        check("avg_pool.backward", target, arrays, "dx", **attributes, total=total, accumulate=accumulate)


def test_what_is_not_a_number_is_the_maximum(target: str) -> None:
    """A training that has gone wrong shows in its loss."""
    x = numbers((1, 2, 2, 1), 1)
    for pixel in np.ndindex(2, 2):
        spoiled = x.copy()
        spoiled[0, pixel[0], pixel[1]] = np.nan
        arrays = {"x": spoiled, "y": np.zeros((1, 1, 1, 1), np.float32)}
        run_generated("max_pool.forward", target, arrays, size=(2, 2), stride=(1, 1), start=(0, 0))
        assert np.isnan(arrays["y"]).all()
