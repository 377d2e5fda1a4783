"""Convolutions by cuDNN: implicit products on tensor cores, with bias, ReLU and gate in the same kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kernels.arrays import Pair, Shape
from kernels.cuda import _strided_conv, bias
from kernels.cuda._arrays import DeviceArray
from kernels.cuda.graphs.built import Built, build
from kernels.cuda.graphs.target import Target

Shapes = dict[str, Shape]

_Geometry = dict[str, list[int]]

_NOTHING: Mapping[str, str] = {}


def forward(
    shapes: Shapes,
    target: Target,
    *,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    neuron: str = "",
    accumulate: bool = False,
) -> Built | None:
    """Make the kernel that writes the maps: biases are added, then a ReLU acts."""
    biases = shapes.get("biases", ())
    how = {"stride": stride, "padding": padding, "dilation": dilation}
    if groups > 1 or accumulate or neuron not in ("", "relu") or len(biases) > 1:
        return None
    if _strided_conv.fits(shapes["x"], shapes["weights"], shapes["y"], groups=groups, **how):
        return None  # cuDNN is slow with few channels, and to time its plans would take a while

    def make(graph: Any, geometry: _Geometry) -> dict[str, Any]:
        tensors = _tensors(graph, shapes, "x", "weights")
        y = graph.conv_fprop(image=tensors["x"], weight=tensors["weights"], **geometry)
        if biases:
            tensors["biases"] = _tensor(graph, "biases", (1, 1, 1, *biases))
            y = graph.bias(input=y, bias=tensors["biases"])
        if neuron:
            y = graph.relu(input=y)
        return {**tensors, "y": _output(y, shapes["y"])}

    return _build("forward", ("x", "weights", "y"), shapes, target, make, how, told={"neuron": neuron})


def backward_data(
    shapes: Shapes,
    target: Target,
    *,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    accumulate: bool = False,
) -> Built | None:
    """Make the kernel that writes the gradient of the pictures, through a gate where there is one."""
    if groups > 1 or accumulate:
        return None

    def make(graph: Any, geometry: _Geometry) -> dict[str, Any]:
        tensors = _tensors(graph, shapes, "dy", "weights")
        dx = graph.conv_dgrad(loss=tensors["dy"], filter=tensors["weights"], **geometry)
        if "gate" in shapes:
            _placed(dx, shapes["dx"])
            tensors["gate"] = _tensor(graph, "gate", shapes["gate"])
            dx = graph.relu_backward(loss=dx, input=tensors["gate"])
        return {**tensors, "dx": _output(dx, shapes["dx"])}

    how = {"stride": stride, "padding": padding, "dilation": dilation}
    return _build("backward_data", ("dx", "weights", "dy"), shapes, target, make, how)


def backward_weights(
    shapes: Shapes,
    target: Target,
    *,
    stride: Pair,
    padding: Pair,
    groups: int = 1,
    dilation: Pair = (1, 1),
    accumulate: bool = False,
) -> Built | None:
    """Make the kernel that writes the gradient of the filters, which cuDNN rounds, and of the biases."""
    how = {"stride": stride, "padding": padding, "dilation": dilation}
    if groups > 1 or accumulate:
        return None
    if _strided_conv.fits(shapes["x"], shapes["dweights"], shapes["dy"], groups=groups, **how):
        return None

    def make(graph: Any, geometry: _Geometry) -> dict[str, Any]:
        tensors = _tensors(graph, shapes, "x", "dy")
        dweights = graph.conv_wgrad(image=tensors["x"], loss=tensors["dy"], **geometry)
        return {**tensors, "dweights": _output(dweights, shapes["dweights"])}

    of_biases = {"dy": shapes["dy"], "dbiases": shapes["dbiases"]} if "dbiases" in shapes else {}
    return _build(
        "backward_weights",
        ("x", "dweights", "dy"),
        shapes,
        target,
        make,
        how,
        after=(_bias_gradient,) if of_biases else (),
        scratch=bias.backward_workspace(of_biases) if of_biases else {},
        rounded_port="dweights",
        rounded_shape=shapes["dweights"],
    )


def _build(  # noqa: PLR0917 - what all three hand on
    name: str,
    ports: tuple[str, str, str],
    shapes: Shapes,
    target: Target,
    make: Callable[[Any, _Geometry], dict[str, Any]],
    how: Mapping[str, Pair],
    *,
    told: Mapping[str, str] = _NOTHING,
    **further: Any,
) -> Built | None:
    """Return what ``build`` makes of a convolution with pictures, filters and maps at ``ports``."""
    geometry = _geometry(*(shapes[port] for port in ports), **how)
    return build(
        f"conv.{name}", shapes, {**how, **told}, lambda graph: make(graph, geometry), target, **further
    )


def _bias_gradient(arrays: Mapping[str, DeviceArray]) -> Callable[[], None]:
    dy, dbiases, shares = arrays["dy"], arrays["dbiases"], arrays["shares"]
    return lambda: bias.backward(dy=dy, dbiases=dbiases, shares=shares)


def _geometry(
    pictures: Shape, weights: Shape, maps: Shape, *, stride: Pair, padding: Pair, dilation: Pair
) -> _Geometry:
    """Return how windows lie: what overhangs at the end is padding too, as far as windows read it."""
    after = [
        (places - 1) * step + (size - 1) * apart + 1 - extent - before
        for places, step, size, apart, extent, before in zip(
            maps[1:3], stride, weights[1:3], dilation, pictures[1:3], padding, strict=True
        )
    ]
    return {
        "pre_padding": list(padding),
        "post_padding": after,
        "stride": list(stride),
        "dilation": list(dilation),
    }


def _tensors(graph: Any, shapes: Shapes, *ports: str) -> dict[str, Any]:
    return {port: _tensor(graph, port, shapes[port]) for port in ports}


def _tensor(graph: Any, name: str, shape: Shape) -> Any:
    """Add a tensor of pictures or filters, which cuDNN names in the order (N, C, H, W), channels last."""
    return graph.tensor(name=name, **_layout(shape))


def _output(tensor: Any, shape: Shape) -> Any:
    return _placed(tensor, shape).set_output(True).set_data_type(_bfloat16())


def _placed(tensor: Any, shape: Shape) -> Any:
    layout = _layout(shape)
    return tensor.set_dim(layout["dim"]).set_stride(layout["stride"])


def _layout(shape: Shape) -> dict[str, list[int]]:
    images, height, width, channels = shape
    return {
        "dim": [images, channels, height, width],
        "stride": [height * width * channels, 1, width * channels, channels],
    }


def _bfloat16() -> Any:
    import cudnn

    return cudnn.data_type.BFLOAT16
