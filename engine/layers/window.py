"""Geometry of windows that slide over a picture, by cuda-convnet's rules."""

from __future__ import annotations

from collections.abc import Sequence

from engine.layers.base import ShapeRuleError, TensorType, expect_picture
from engine.words import Words


def conv_extent(extent: int, size: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Return how many filter positions fit along one axis: 1 + ⌈(2·padding + extent − seen) / stride⌉.

    A filter sees (size − 1)·dilation + 1 pixels. What overhangs the border reads zeros. Source: cuda-convnet,
    layer.py, ConvLayerParser.
    """
    return 1 + _divide_up(2 * padding + extent - _seen(size, dilation), stride)


def pool_extent(extent: int, size: int, stride: int, start: int) -> int:
    """Return how many pooling windows there are along one axis: 1 + ⌈(extent − start − size) / stride⌉.

    What overhangs the border is left out. Source: cuda-convnet, layer.py, PoolLayerParser.
    """
    return 1 + _divide_up(extent - start - size, stride)


def some_windows(wanted: int, fitting: int) -> int:
    """Return how many windows there are: those ``wanted``, or all that are ``fitting`` for 0.

    Raises ShapeRuleError where more are wanted than fit: they would lie outside. Source: cuda-convnet,
    layer.py, outputsX.
    """
    if wanted > fitting:
        raise ShapeRuleError(
            0,
            Words("an input into which {count} windows fit", count=wanted),
            Words("Only {count} fit; 0 takes as many as do.", count=fitting),
        )
    return wanted or fitting


def conv_places(
    inputs: Sequence[TensorType],
    size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> tuple[int, int]:
    """Return how many filter positions fit along height and width of all inputs.

    Raises ShapeRuleError for an input that is no picture, too small, or of another size than the first.
    """
    needed = [_seen(k, d) - 2 * p for k, d, p in zip(size, dilation, padding, strict=True)]
    for port in range(len(inputs)):
        height, width, _ = expect_picture(inputs, port)
        if height < needed[0] or width < needed[1]:
            extents = " × ".join(str(max(1, extent)) for extent in needed)
            expected = Words("a picture of at least {size} px", size=extents)
            raise ShapeRuleError(port, expected, "Use a smaller filter or more padding.")
        if (height, width) != inputs[0].shape[:2]:
            first = " × ".join(map(str, inputs[0].shape[:2]))
            expected = Words("a picture of {size} px, like the first input", size=first)
            raise ShapeRuleError(port, expected, "Give all inputs one size.")
    height, width, _ = inputs[0].shape
    return (
        conv_extent(height, size[0], stride[0], padding[0], dilation[0]),
        conv_extent(width, size[1], stride[1], padding[1], dilation[1]),
    )


def expect_groups(inputs: Sequence[TensorType], groups: int, filters: int) -> None:
    """Raise ShapeRuleError where channels or filters cannot be divided into ``groups``."""
    for port, kind in enumerate(inputs):
        if kind.shape[2] % groups or filters % groups:
            raise ShapeRuleError(
                port,
                Words(
                    "channels, and {filters} filters, that {groups} groups divide evenly",
                    filters=filters,
                    groups=groups,
                ),
                "Change groups or filters.",
            )


def _seen(size: int, dilation: int) -> int:
    return (size - 1) * dilation + 1


def _divide_up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
