"""Dropout: its masks bit by bit, its outputs and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.control import COUNTERS, OFFSET, SEED, STEP
from kernels.philox import Stream, substream
from tests.kernels.gradient_check import (
    DTYPES,
    TOLERANCE,
    Array,
    Kernels,
    check_accumulates,
    check_gradient,
    random,
    unwritten,
)
from tests.kernels.plain_philox import plain_philox

SEED_OF_TESTS = 0x1234_5678_9ABC
KEY = (SEED_OF_TESTS & 0xFFFFFFFF, SEED_OF_TESTS >> 32)
SHAPES = [(1, 3, 5, 1), (5, 2, 3, 3), (5, 17)]

every_shape = pytest.mark.parametrize("shape", SHAPES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def at(step: int = 7, offset: int = 0, seed: int = SEED_OF_TESTS) -> Array:
    """Return counters at a step and a position in the global batch."""
    counters = np.zeros(COUNTERS, np.int64)
    counters[[STEP, OFFSET, SEED]] = step, offset, seed
    return counters


def forward(
    kernels: Kernels, x: Array, counters: Array, keep: float = 0.5, stream: int = Stream.DROPOUT
) -> tuple[Array, Array]:
    """Return the mask and the outputs by the kernel."""
    mask, y = np.full(x.shape, 255, np.uint8), unwritten(x.shape, x.dtype)
    arrays = {"x": x, "counters": counters, "mask": mask, "y": y}
    kernels.run("dropout.forward", arrays, keep=keep, stream=stream)
    return mask, y


def masks(kernels: Kernels, shape: tuple[int, ...], counters: Array, **attributes: Any) -> Array:
    """Return the mask by the kernel."""
    return forward(kernels, np.ones(shape), counters, **attributes)[0]


def backward(
    kernels: Kernels, mask: Array, dy: Array, dx: Array, keep: float, *, accumulate: bool = False
) -> None:
    """Run the kernel."""
    kernels.run("dropout.backward", {"mask": mask, "dy": dy, "dx": dx}, keep=keep, accumulate=accumulate)


@every_shape
def test_masks_are_keyed_by_meaning(kernels: Kernels, shape: tuple[int, ...]) -> None:
    """Unit u at position n of step s is kept if its 16 bits of one Philox call are below keep · 2¹⁶."""
    stream = substream(Stream.DROPOUT, 3)
    mask = masks(kernels, shape, at(step=7, offset=100), keep=0.3, stream=stream)
    rows = mask.reshape(shape[0], -1)
    for n, unit in np.ndindex(rows.shape):
        words = plain_philox([unit // 8, 100 + n, 7, stream], KEY)
        bits = words[unit % 8 // 2] >> 16 * (unit % 2) & 0xFFFF
        assert rows[n, unit] == (bits < round(0.3 * 65536))


def test_the_limit_is_exact(kernels: Kernels) -> None:
    """A unit whose bits are keep · 2¹⁶ is dropped; one whose bits are one less is kept."""
    bits = plain_philox([0, 0, 7, Stream.DROPOUT], KEY)[0] & 0xFFFF
    assert masks(kernels, (1, 8), at(), keep=bits / 65536)[0, 0] == 0
    assert masks(kernels, (1, 8), at(), keep=(bits + 1) / 65536)[0, 0] == 1


def test_a_split_batch_draws_the_masks_of_the_whole(kernels: Kernels) -> None:
    """Rows are keyed by their position in the global batch, not in the call."""
    whole = masks(kernels, (6, 3, 5, 3), at(offset=0))
    first = masks(kernels, (4, 3, 5, 3), at(offset=0))
    second = masks(kernels, (2, 3, 5, 3), at(offset=4))
    np.testing.assert_array_equal(np.concatenate((first, second)), whole)


def test_large_masks_are_drawn_like_single_rows(kernels: Kernels) -> None:
    """Masks that are drawn in groups of rows are the same."""
    whole = masks(kernels, (5, 100_003), at())
    for n in range(5):
        np.testing.assert_array_equal(whole[n : n + 1], masks(kernels, (1, 100_003), at(offset=n)))


def test_steps_streams_seeds_and_rows_draw_different_masks(kernels: Kernels) -> None:
    """Changing any part of the key changes about half of the mask."""
    mask = masks(kernels, (2, 4096), at())
    others = [
        masks(kernels, (2, 4096), at(step=8)),
        masks(kernels, (2, 4096), at(seed=SEED_OF_TESTS + 1)),
        masks(kernels, (2, 4096), at(seed=SEED_OF_TESTS + (1 << 32))),
        masks(kernels, (2, 4096), at(), stream=substream(Stream.DROPOUT, 1)),
        mask[::-1],
    ]
    for other in others:
        assert 0.45 < np.mean(mask != other) < 0.55


@pytest.mark.parametrize("keep", [0.05, 0.5, 0.8, 1.0])
def test_the_kept_part_is_as_asked(kernels: Kernels, keep: float) -> None:
    """The kept part of 200,000 units is within 5 standard deviations of ``keep``; keep 1 keeps all."""
    mask = masks(kernels, (4, 50_000), at(), keep=keep)
    assert set(np.unique(mask)) <= {0, 1}
    assert abs(mask.mean() - keep) <= 5 * (keep * (1 - keep) / mask.size) ** 0.5


@every_shape
@every_dtype
def test_outputs_and_gradient_are_masked_and_scaled(
    kernels: Kernels, shape: tuple[int, ...], dtype: Any
) -> None:
    """Kept units pass times 1 / keep both ways, others are exactly 0; accumulate=True adds."""
    x, dy, keep = random(shape, 1, dtype), random(shape, 2, dtype), 0.4
    mask, y = forward(kernels, x, at(), keep)
    assert 0 < mask.sum() < mask.size
    np.testing.assert_array_equal(y[mask == 0], 0)
    np.testing.assert_allclose(y[mask == 1], x[mask == 1].astype(float) / keep, **TOLERANCE[dtype])
    check_accumulates(
        lambda dx, accumulate: backward(kernels, mask, dy, dx, keep, accumulate=accumulate),
        np.where(mask == 1, dy.astype(float) / keep, 0).astype(dtype),
    )


def check(kernels: Kernels, shape: tuple[int, ...] = (5, 2, 3, 3)) -> None:
    """Check the gradient of the inputs, the mask being the same in every call."""
    x, dy, dx = random(shape, 1), random(shape, 2), unwritten(shape)
    mask, _ = forward(kernels, x, at())
    backward(kernels, mask, dy, dx, keep=0.5)
    check_gradient(lambda x: forward(kernels, x, at())[1], x, dy, dx)


@every_shape
def test_gradient_agrees_with_differences(kernels: Kernels, shape: tuple[int, ...]) -> None:
    """The gradient is that of the forward kernel."""
    check(kernels, shape)


def test_may_work_in_place(kernels: Kernels) -> None:
    """Outputs may overwrite inputs, and gradients of inputs those of outputs."""
    x, dy = random((5, 17), 1), random((5, 17), 2)
    mask, y = forward(kernels, x, at())
    dx = unwritten(x.shape)
    backward(kernels, mask, dy, dx, keep=0.5)
    arrays = {"x": x, "counters": at(), "mask": mask, "y": x}
    kernels.run("dropout.forward", arrays, keep=0.5, stream=Stream.DROPOUT)
    np.testing.assert_array_equal(x, y)
    backward(kernels, mask, dy, dy, keep=0.5)
    np.testing.assert_array_equal(dy, dx)
