"""Geometry of windows that slide over a picture, by cuda-convnet's rules."""

from __future__ import annotations


def conv_extent(extent: int, size: int, stride: int, padding: int) -> int:
    """Return how many filter positions fit along one axis: 1 + ⌈(2·padding + extent − size) / stride⌉.

    What overhangs the border reads zeros. Source: cuda-convnet, layer.py, ConvLayerParser.
    """
    return 1 + _divide_up(2 * padding + extent - size, stride)


def pool_extent(extent: int, size: int, stride: int, start: int) -> int:
    """Return how many pooling windows there are along one axis: 1 + ⌈(extent − start − size) / stride⌉.

    What overhangs the border is left out. Source: cuda-convnet, layer.py, PoolLayerParser.
    """
    return 1 + _divide_up(extent - start - size, stride)


def _divide_up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
