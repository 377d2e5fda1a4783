"""Checks that a data set fits a network before anything is trained."""

from __future__ import annotations

from engine.data.dataset import Dataset
from engine.data.preprocessing import Size
from engine.errors import PlanError
from engine.layers.base import TensorType
from engine.layers.cross_entropy import CrossEntropy
from engine.layers.data import Data
from engine.layers.one_hot import OneHot
from engine.plan.analysis.infer import InferredLayer


def check_data(layers: dict[str, InferredLayer], dataset: Dataset, border: int = 0) -> Size:
    """Check that pictures and classes of ``dataset`` fit the network, and return the size of its pictures.

    Pictures with their ``border``, in px, may be larger than that: they are cropped. Raises PlanError naming
    the layer.
    """
    classes = len(dataset.class_names)
    data = [layer for layer in layers.values() if isinstance(layer.layer, Data)]
    for layer in data:
        _check_pictures(layer, data[0], dataset, border)
    for layer in layers.values():
        if isinstance(layer.layer, CrossEntropy) and layer.inputs[0].shape[0] < classes:
            raise PlanError(
                layer=layer.name,
                expected=f"a probability for each of the {classes} classes of {dataset.name}",
                found=str(layer.inputs[0]),
                hint=f"Set the outputs of the last fully connected layer to {classes}.",
            )
        if isinstance(layer.layer, OneHot) and layer.layer.classes < classes:
            raise PlanError(
                layer=layer.name,
                expected=f"as many classes as {dataset.name} has, {classes}",
                found=str(layer.layer.classes),
                hint=f"Set its classes to {classes}.",
            )
    height, width, _ = data[0].output.shape
    return height, width


def _check_pictures(layer: InferredLayer, first: InferredLayer, dataset: Dataset, border: int) -> None:
    height, width, channels = dataset.picture_shape
    pictures = TensorType(dataset.picture_shape)
    crop_height, crop_width, crop_channels = layer.output.shape
    fits = crop_height <= height + 2 * border and crop_width <= width + 2 * border
    if crop_channels != channels or not fits:
        raise PlanError(
            layer=layer.name,
            expected=f"pictures of {layer.output}, or larger ones to crop",
            found=f"{pictures} in the data set {dataset.name}",
            hint=f"Set size and channels of layer {layer.name} to {pictures}.",
        )
    if layer.output != first.output:
        raise PlanError(
            layer=layer.name,
            expected=f"{first.output} as of {first.name}, since both see the same crops",
            found=str(layer.output),
            hint="Set both to one size.",
        )
