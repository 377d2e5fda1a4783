"""Generated kernels that learn from a gradient as they make it: bit for bit what those apart do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tests.kernels.cpu.vector.against_numpy import Array, check, numbers, run_generated
from tests.kernels.cpu.vector.test_fc import SIZES
from tests.kernels.cpu.vector.test_local import LAYERS, Layer
from tests.kernels.test_sgd import SETTINGS, counters

every_update = pytest.mark.parametrize("update", [0, 1])


def apart(family: str, target: str, arrays: Mapping[str, Array], **attributes: tuple[int, int]) -> None:
    """Run the kernels apart on ``arrays``, in which they write."""
    if "dx" in arrays:
        data = {name: arrays[name] for name in ("dy", "weights", "dx")}
        run_generated(f"{family}.backward_data", target, data, **attributes)
    gradient = np.empty_like(arrays["weights"])
    weights = {"x": arrays["x"], "dy": arrays["dy"], "dweights": gradient}
    run_generated(f"{family}.backward_weights", target, weights, **attributes)
    state = {name: arrays[name] for name in ("weights", "velocity", "counters", "settings")}
    run_generated("sgd.update", target, {"gradient": gradient, **state}, slot=1)


def compare(family: str, target: str, arrays: dict[str, Array], **attributes: tuple[int, int]) -> None:
    """Assert that the kernel writes the bits of the kernels apart."""
    here, there = ({name: array.copy() for name, array in arrays.items()} for _ in range(2))
    run_generated(f"{family}_sgd.update", target, here, **attributes, slot=1)
    apart(family, target, there, **attributes)
    written = {"weights", "velocity", "dx"} & arrays.keys()
    for name in written:
        np.testing.assert_array_equal(here[name], there[name])


@every_update
@pytest.mark.parametrize("data", [True, False])
@pytest.mark.parametrize(("x", "outputs"), SIZES.values(), ids=SIZES)
def test_fully_connected(target: str, x: tuple[int, ...], outputs: int, data: bool, update: int) -> None:
    """With the gradient of the inputs or without, in a step that updates or does not."""
    weights = (outputs, int(np.prod(x[1:])))
    arrays = {"x": numbers(x, 1), "dy": numbers((x[0], outputs), 2), "weights": numbers(weights, 3)}
    arrays |= {"velocity": numbers(weights, 4), "counters": counters(update), "settings": SETTINGS}
    compare("fc", target, arrays | ({"dx": numbers(x, 5)} if data else {}))


@every_update
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_local(target: str, layer: Layer, update: int) -> None:
    """At a border too, where taps outside the picture decay and get no gradient."""
    arrays = {"x": numbers(layer.pictures, 1), "dy": numbers(layer.maps, 2)}
    arrays |= {name: numbers(layer.weights, seed) for name, seed in (("weights", 3), ("velocity", 4))}
    compare(
        "local", target, arrays | {"counters": counters(update), "settings": SETTINGS}, **layer.attributes
    )


def test_errors_against_float64(target: str) -> None:
    """Velocity, weights and the gradient of the inputs are within the bound of direct sums."""
    x, weights = (32, 700), (70, 700)
    state = {"weights": numbers(weights, 3), "velocity": numbers(weights, 4)}
    arrays = {"x": numbers(x, 1), "dy": numbers((32, 70), 2), "dx": numbers(x, 5), **state}
    apart_from_outputs = {"counters": counters(), "settings": SETTINGS}
    check("fc_sgd.update", target, arrays | apart_from_outputs, "weights", "velocity", "dx", slot=1)
