"""Kernels that are tested in one way: each with plain loops as its oracle, and its gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from tests.kernels.batch import counters
from tests.kernels.gradient_check import Array, Kernels, check_gradient, distinct, random, unwritten

Arrays = dict[str, Array]


@dataclass(frozen=True)
class Gradient:
    """``operation`` writes the gradient of the input ``of`` from the arrays that it ``reads``, and dy."""

    operation: str
    of: str = "x"
    reads: tuple[str, ...] = ()
    attributes: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Case:
    """A forward kernel with its ``inputs``, the shapes of its ``outputs`` (y first) and its attributes.

    ``oracle`` returns y from the inputs by plain loops. ``fixed`` inputs keep their type.
    """

    name: str
    operation: str
    inputs: Arrays
    outputs: dict[str, tuple[int, ...]]
    oracle: Callable[[Arrays], Array]
    gradients: tuple[Gradient, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    fixed: Arrays = field(default_factory=dict)

    def run(self, kernels: Kernels, inputs: Arrays) -> Arrays:
        """Return all arrays after the forward kernel."""
        dtype = inputs["x"].dtype
        outputs = {name: unwritten(shape, dtype) for name, shape in self.outputs.items()}
        copies = {name: array.copy() for name, array in inputs.items()}
        arrays = {**copies, **self.fixed, **outputs}
        kernels.run(self.operation, arrays, **self.attributes)
        return arrays

    def pull(
        self, kernels: Kernels, gradient: Gradient, arrays: Arrays, dy: Array, out: Array, *, accumulate: bool
    ) -> None:
        """Run the kernel of a gradient after the forward kernel."""
        ports = {name: arrays[name] for name in gradient.reads}
        attributes = self.attributes
        if gradient.attributes is not None:
            attributes = {name: attributes[name] for name in gradient.attributes}
        output = {f"d{gradient.of}": out}
        kernels.run(gradient.operation, {**ports, "dy": dy, **output}, **attributes, accumulate=accumulate)

    def check(self, kernels: Kernels, gradient: Gradient) -> None:
        """Assert that a gradient is that of the forward kernel."""
        arrays = self.run(kernels, self.inputs)
        dy = self.gradient_of_output()
        out = unwritten(self.inputs[gradient.of].shape)
        self.pull(kernels, gradient, arrays, dy, out, accumulate=False)

        def outputs(values: Array) -> Array:
            return self.run(kernels, {**self.inputs, gradient.of: values})["y"]

        check_gradient(outputs, self.inputs[gradient.of], dy, out)

    def gradient_of_output(self, dtype: Any = np.float64) -> Array:
        """Return a gradient of y that is 0 in rows that are not valid, as costs make it."""
        dy = random(self.outputs["y"], 77, dtype)
        if "counters" in self.fixed:
            dy[self.fixed["counters"][3] :] = 0
        return dy


def window(place: int, size: int, extent: int) -> range:
    """Return the places from ⌊size / 2⌋ before ``place`` on, clipped."""
    return range(max(0, place - size // 2), min(extent, place - size // 2 + size))


def _cmrnorm(a: Arrays, *, size: int, scale: float, power: float, minimum: float, blocked: bool) -> Array:
    x = a["x"]
    y = np.empty_like(x)
    for n, p, q, f in np.ndindex(x.shape):
        maps = [g for g in range(x.shape[3]) if g // size == f // size]
        around = maps if blocked else window(f, size, x.shape[3])
        energy = sum(x[n, p, q, g] ** 2 for g in around)
        y[n, p, q, f] = x[n, p, q, f] * (minimum + scale / size * energy) ** -power
    return y


def _square(x: Array, place: tuple[int, ...], size: int) -> list[float]:
    n, p, q, f = place
    rows, columns = window(p, size, x.shape[1]), window(q, size, x.shape[2])
    return [float(x[n, i, j, f]) for i, j in product(rows, columns)]


def _rnorm(a: Arrays, *, size: int, scale: float, power: float, minimum: float) -> Array:
    x = a["x"]
    y = np.empty_like(x)
    for place in np.ndindex(x.shape):
        energy = sum(value**2 for value in _square(x, place, size))
        y[place] = x[place] * (minimum + scale / size**2 * energy) ** -power
    return y


def _cnorm(a: Arrays, *, size: int, scale: float, power: float, minimum: float) -> Array:
    x = a["x"]
    contrasts, y = np.empty_like(x), np.empty_like(x)
    for place in np.ndindex(x.shape):
        around = _square(x, place, size)
        contrasts[place] = x[place] - sum(around) / len(around)
    for place in np.ndindex(x.shape):
        energy = sum(value**2 for value in _square(contrasts, place, size))
        y[place] = x[place] * (minimum + scale / size**2 * energy) ** -power
    return y


def _local(a: Arrays, *, size: Any, stride: Any, padding: Any, groups: int, places: Any) -> Array:
    x, weights, biases = a["x"], a["weights"], a["biases"]
    images, height, width, channels = x.shape
    filters, seen = weights.shape[2], channels // groups
    y = np.zeros((images, *places, filters))
    for n, p, q, f in np.ndindex(y.shape):
        first = f * groups // filters * seen
        place = p * places[1] + q
        y[n, p, q, f] = biases[place, f]
        for i, j, c in np.ndindex(*size, seen):
            row, column = p * stride[0] + i - padding[0], q * stride[1] + j - padding[1]
            if 0 <= row < height and 0 <= column < width:
                tap = (i * size[1] + j) * seen + c
                y[n, p, q, f] += x[n, row, column, first + c] * weights[place, tap, f]
    return y


def _batch_norm(a: Arrays, valid: int, epsilon: float) -> Array:
    x = a["x"]
    y = np.empty_like(x)
    for c in range(x.shape[-1]):
        values = [float(value) for value in x[:valid, ..., c].ravel()]
        mean = math.fsum(values) / len(values)
        variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
        y[..., c] = a["weights"][c] * (x[..., c] - mean) / math.sqrt(variance + epsilon) + a["biases"][c]
    return y


def _concat(a: Arrays, start: int, channels: int) -> Array:
    y = np.full((*a["x"].shape[:-1], channels), np.nan)
    y[..., start : start + a["x"].shape[-1]] = a["x"]
    return y


def _norms() -> list[Case]:
    cases = []
    for shape, size in (((2, 5, 4, 6), 3), ((1, 3, 4, 5), 4), ((2, 4, 3, 1), 1), ((1, 2, 7, 7), 5)):
        attributes = {"size": size, "scale": 0.7, "power": 0.75, "minimum": 1.5}
        label = f"{shape}, size {size}"
        x = {"x": random(shape, 1)}
        kept = {"y": shape, "denominators": shape}
        reads = ("x", "denominators")
        for blocked in (False, True):
            all_attributes = {**attributes, "blocked": blocked}
            cases.append(
                Case(
                    f"cmrnorm {'blocked ' if blocked else ''}{label}",
                    "cmrnorm.forward",
                    x,
                    kept,
                    lambda a, chosen=all_attributes: _cmrnorm(a, **chosen),  # type: ignore[misc]
                    (Gradient("cmrnorm.backward", "x", reads),),
                    all_attributes,
                )
            )
        cases.append(
            Case(
                f"rnorm {label}",
                "rnorm.forward",
                x,
                kept,
                lambda a, chosen=attributes: _rnorm(a, **chosen),  # type: ignore[misc]
                (Gradient("rnorm.backward", "x", reads),),
                attributes,
            )
        )
        cases.append(
            Case(
                f"cnorm {label}",
                "cnorm.forward",
                x,
                {**kept, "contrasts": shape},
                lambda a, chosen=attributes: _cnorm(a, **chosen),  # type: ignore[misc]
                (Gradient("cnorm.backward", "x", (*reads, "contrasts")),),
                attributes,
            )
        )
    return cases


def _locals() -> list[Case]:
    cases = []
    geometries = {
        "padded": ((3, 4, 5, 2), 3, (3, 3), (1, 1), (1, 1), 1, (4, 5)),
        "overhangs": ((2, 6, 5, 1), 2, (3, 2), (2, 2), (0, 1), 1, (3, 4)),
        "groups": ((1, 4, 4, 4), 6, (2, 3), (1, 2), (0, 1), 2, (3, 3)),
        "one place": ((2, 3, 2, 3), 2, (3, 2), (1, 1), (0, 0), 1, (1, 1)),
    }
    for name, (picture, filters, size, stride, padding, groups, places) in geometries.items():
        count = places[0] * places[1]
        attributes = {"size": size, "stride": stride, "padding": padding, "groups": groups}
        inputs = {
            "x": random(picture, 1),
            "weights": random((count, size[0] * size[1] * picture[3] // groups, filters), 2),
            "biases": random((count, filters), 3),
        }
        cases.append(
            Case(
                f"local {name}",
                "local.forward",
                inputs,
                {"y": (picture[0], *places, filters)},
                lambda a, chosen={**attributes, "places": places}: _local(a, **chosen),  # type: ignore[misc]
                (
                    Gradient("local.backward_data", "x", ("weights",)),
                    Gradient("local.backward_weights", "weights", ("x",)),
                ),
                attributes,
            )
        )
    return cases


def _batch_norms() -> list[Case]:
    cases = []
    for shape, valid in (((5, 3, 2, 4), 5), ((5, 2, 3, 2), 3), ((6, 3), 4), ((1, 2, 3, 1), 1)):
        channels = shape[-1:]
        shared = ("x", "means", "scales", "counters")
        cases.append(
            Case(
                f"batch_norm {shape}, {valid} valid",
                "batch_norm.forward",
                {
                    "x": random(shape, 1),
                    "weights": random(channels, 2) + 2,
                    "biases": random(channels, 3),
                    "average_means": np.zeros(channels),
                    "average_variances": np.ones(channels),
                },
                {"y": shape, "means": channels, "scales": channels},
                lambda a, valid=valid: _batch_norm(a, valid, 0.01),  # type: ignore[misc]
                (
                    Gradient("batch_norm.backward_data", "x", (*shared, "weights"), ()),
                    Gradient("batch_norm.backward_weights", "weights", shared, ()),
                    Gradient("bias.backward", "biases", (), ()),
                ),
                {"epsilon": 0.01, "share": 0.1},
                {"counters": counters(valid)},
            )
        )
    return cases


def _blur(a: Arrays, size: int, deviation: float) -> Array:
    x = a["x"]
    g = [math.exp(-((i - size // 2) ** 2) / (2 * deviation**2)) for i in range(size)]
    y = np.zeros_like(x)
    for n, p, q, c in np.ndindex(x.shape):
        for i, j in np.ndindex(size, size):
            row, column = p + i - size // 2, q + j - size // 2
            if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
                y[n, p, q, c] += g[i] * g[j] / sum(g) ** 2 * x[n, row, column, c]
    return y


def _cmpool(a: Arrays, size: int, stride: int, start: int, maps: int) -> Array:
    x = a["x"]
    y = np.empty((*x.shape[:3], maps))
    for f in range(maps):
        first = f * stride + start
        y[..., f] = x[..., max(0, first) : first + size].max(axis=-1)
    return y


def _maxabs(a: Arrays, size: Any, stride: Any, start: Any, places: Any) -> Array:
    x = a["x"]
    y = np.empty((len(x), *places, x.shape[3]))
    for n, p, q, c in np.ndindex(y.shape):
        top, left = p * stride[0] + start[0], q * stride[1] + start[1]
        seen = x[n, max(0, top) : top + size[0], max(0, left) : left + size[1], c]
        y[n, p, q, c] = max(seen.ravel(), key=abs)
    return y


def _sfc(a: Arrays, parts: int) -> Array:
    rows = a["x"].reshape(len(a["x"]), parts, -1)
    outputs = len(a["biases"])
    y = np.empty((len(rows), outputs))
    for n, o in np.ndindex(y.shape):
        y[n, o] = a["biases"][o] + rows[n, o * parts // outputs] @ a["weights"][o]
    return y


def _resized(a: Arrays, places: tuple[int, int], scale: float) -> Array:
    x = a["x"]
    y = np.empty((len(x), *places, x.shape[3]))
    for n, p, q, c in np.ndindex(y.shape):
        value = 0.0
        at = []
        for place, extent, whole in ((p, places[0], x.shape[1]), (q, places[1], x.shape[2])):
            at.append(min(max(place * scale + whole / 2 - extent / 2 * scale, 0.0), whole - 1.01))
        for i, j in np.ndindex(2, 2):
            row, column = math.floor(at[0]), math.floor(at[1])
            share = (at[0] - row if i else 1 - at[0] + row) * (at[1] - column if j else 1 - at[1] + column)
            value += share * x[n, row + i, column + j, c]
        y[n, p, q, c] = value
    return y


def _lab(a: Arrays) -> Array:
    def f(t: float) -> float:
        return t ** (1 / 3) if t > (6 / 29) ** 3 else t * (29 / 6) ** 2 / 3 + 4 / 29

    x = a["x"]
    y = np.empty_like(x)
    for place in np.ndindex(x.shape[:3]):
        r, g, b = map(float, x[place])
        fx, fy, fz = (
            f(0.49 * r + 0.31 * g + 0.2 * b),
            f(0.17697 * r + 0.8124 * g + 0.01063 * b),
            f(0.01 * g + 0.99 * b),
        )
        y[place] = 116 * fy - 16 - 50, 500 * (fx - fy), 200 * (fy - fz)
    return y


def _pictures() -> tuple[Case, ...]:
    picture = (2, 5, 4, 3)
    x = {"x": distinct(picture, 1)}
    window = {"size": (3, 2), "stride": (2, 1), "start": (-1, 0)}
    across = {"size": 3, "stride": 2, "start": -1}
    return (
        *(
            Case(
                f"blur {size}",
                "blur.forward",
                x,
                {"y": picture},
                lambda a, size=size: _blur(a, size, 1.3),  # type: ignore[misc]
                (Gradient("blur.backward"),),
                {"size": size, "deviation": 1.3},
            )
            for size in (3, 9)
        ),
        Case(
            "nailbed",
            "nailbed.forward",
            x,
            {"y": (2, 2, 2, 3)},
            lambda a: a["x"][:, 1::3, 1::2],
            (Gradient("nailbed.backward"),),
            {"start": (1, 1), "stride": (3, 2)},
        ),
        Case(
            "mirror",
            "mirror.forward",
            x,
            {"y": picture},
            lambda a: np.stack([a["x"][:, :, 3 - q] for q in range(4)], axis=2),
            (Gradient("mirror.backward"),),
        ),
        Case(
            "cmpool",
            "cmpool.forward",
            {"x": distinct((2, 3, 2, 7), 1)},
            {"y": (2, 3, 2, 4)},
            lambda a: _cmpool(a, **across, maps=4),
            (Gradient("cmpool.backward", "x", ("x", "y")),),
            across,
        ),
        Case(
            "maxabs_pool",
            "maxabs_pool.forward",
            {"x": distinct(picture, 1) + 0.003},
            {"y": (2, 3, 3, 3)},
            lambda a: _maxabs(a, **window, places=(3, 3)),
            (Gradient("maxabs_pool.backward", "x", ("x", "y")),),
            window,
        ),
        Case(
            "crop",
            "crop.forward",
            x,
            {"y": (2, 3, 2, 3)},
            lambda a: a["x"][:, 1:4, 2:4],
            attributes={"start": (1, 2)},
        ),
        *(
            Case(
                f"resize {scale}",
                "resize.forward",
                x,
                {"y": (2, *places, 3)},
                lambda a, places=places, scale=scale: _resized(a, places, scale),  # type: ignore[misc]
                attributes={"scale": scale},
            )
            for scale, places in ((1.6, (3, 2)), (0.5, (10, 8)))
        ),
        Case(
            "rgb_to_yuv",
            "rgb_to_yuv.forward",
            x,
            {"y": picture},
            lambda a: np.stack(
                [
                    0.2126 * a["x"][..., 0] + 0.7152 * a["x"][..., 1] + 0.0722 * a["x"][..., 2],
                    -0.09991 * a["x"][..., 0] - 0.33609 * a["x"][..., 1] + 0.436 * a["x"][..., 2],
                    0.615 * a["x"][..., 0] - 0.55861 * a["x"][..., 1] - 0.05639 * a["x"][..., 2],
                ],
                axis=-1,
            ),
        ),
        Case(
            "rgb_to_lab",
            "rgb_to_lab.forward",
            {"x": np.random.default_rng(3).random(picture) ** 3},
            {"y": picture},
            _lab,
            attributes={"centred": True},
        ),
        Case(
            "sfc",
            "sfc.forward",
            {"x": random((3, 2, 1, 6), 1), "weights": random((6, 4), 2), "biases": random((6,), 3)},
            {"y": (3, 6)},
            lambda a: _sfc(a, 3),
            (
                Gradient("sfc.backward_data", "x", ("weights",)),
                Gradient("sfc.backward_weights", "weights", ("x",)),
                Gradient("bias.backward", "biases", (), ()),
            ),
            {"parts": 3},
        ),
    )


CASES: tuple[Case, ...] = (
    *_norms(),
    *_locals(),
    *_batch_norms(),
    *_pictures(),
    Case(
        "eltsum",
        "eltsum.forward",
        {"x": random((3, 2, 3, 2), 1)},
        {"y": (3, 2, 3, 2)},
        lambda a: -0.5 * a["x"],
        (Gradient("eltsum.backward"),),
        {"coefficient": -0.5},
    ),
    Case(
        "eltmax",
        "eltmax.forward",
        {"x": distinct((3, 5), 1)},
        {"y": (3, 5)},
        lambda a: a["x"],
        (Gradient("eltmax.backward", "x", ("x", "y")),),
    ),
    Case(
        "global_avg",
        "global_avg.forward",
        {"x": random((3, 2, 5, 2), 1)},
        {"y": (3, 2)},
        lambda a: np.array([[a["x"][n, :, :, c].sum() / 10 for c in range(2)] for n in range(3)]),
        (Gradient("global_avg.backward"),),
    ),
)
