"""Batch normalisation: each map gets mean 0 and variance 1 over the batch, then a gain and a bias.

    x̂ = (x − mean) · r,    r = 1 / √(variance + epsilon),    y = gain · x̂ + bias
    dx = gain · r · (dy − mean dy − x̂ · mean(dy · x̂))

Means are over the m values of a map in the valid rows; the rows after them count for nothing and get no
gradient. Training keeps running averages, ``share`` of them from this batch, with the variance's estimate
m / (m − 1) · variance; where nothing is trained these take the place of mean and variance.

Source: Ioffe and Szegedy 2015, 'Batch normalization'; averages as PyTorch keeps them.

x, y, dy, dx            (N, H, W, C) or (N, C)
weights, biases         (C,)               gains and biases; dweights alike
means, scales           (C,)               mean and r, kept for the gradient
average_means           (C,)               running averages
average_variances       (C,)
counters                int64[COUNTERS]    see kernels.control
"""

from __future__ import annotations

import numpy as np

from kernels.arrays import Counters, Floats
from kernels.control import FIRST_BAD_STEP, NO_BAD_STEP
from kernels.cpu._pieces import valid_rows, write


def forward(
    *,
    x: Floats,
    weights: Floats,
    biases: Floats,
    counters: Counters,
    y: Floats,
    means: Floats,
    scales: Floats,
    average_means: Floats,
    average_variances: Floats,
    epsilon: float,
    share: float,
) -> None:
    """Write the outputs y, and what the gradient needs; bring the averages forward."""
    values = _rows(x, valid_rows(counters, len(x)))
    if not len(values):
        y.fill(0)
        return
    np.mean(values, axis=0, out=means)
    variances = np.square(values - means).mean(axis=0)
    np.copyto(scales, 1 / np.sqrt(variances + epsilon))
    _normalise(x, means, scales * weights, biases, y)
    if counters[FIRST_BAD_STEP] == NO_BAD_STEP:
        count = len(values)
        average_means += share * (means - average_means)
        average_variances += share * (variances * (count / max(1, count - 1)) - average_variances)


def evaluate(
    *,
    x: Floats,
    weights: Floats,
    biases: Floats,
    average_means: Floats,
    average_variances: Floats,
    y: Floats,
    epsilon: float,
) -> None:
    """Write the outputs y by the running averages."""
    _normalise(x, average_means, weights / np.sqrt(average_variances + epsilon), biases, y)


def backward_data(
    *,
    x: Floats,
    weights: Floats,
    means: Floats,
    scales: Floats,
    dy: Floats,
    counters: Counters,
    dx: Floats,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the inputs, or add it to dx."""
    valid = valid_rows(counters, len(x))
    if not accumulate:
        dx[valid:] = 0
    if valid:
        gradients = _rows(dy, valid)
        normalised = (_rows(x, valid) - means) * scales
        slopes = (gradients * normalised).mean(axis=0)
        values = weights * scales * (gradients - gradients.mean(axis=0) - normalised * slopes)
        write(_rows(dx, valid), values, accumulate)


def backward_weights(
    *,
    x: Floats,
    means: Floats,
    scales: Floats,
    dy: Floats,
    counters: Counters,
    dweights: Floats,
    accumulate: bool = False,
) -> None:
    """Write the gradient of the gains, or add it to dweights."""
    valid = valid_rows(counters, len(x))
    normalised = (_rows(x, valid) - means) * scales
    write(dweights, (_rows(dy, valid) * normalised).sum(axis=0), accumulate)


def _rows(values: Floats, valid: int) -> Floats:
    """Return the view (m, C) of the valid rows."""
    return values[:valid].reshape(-1, values.shape[-1])


def _normalise(x: Floats, means: Floats, scales: Floats, biases: Floats, y: Floats) -> None:
    np.subtract(x, means, out=y)
    np.multiply(y, scales, out=y)
    np.add(y, biases, out=y)
