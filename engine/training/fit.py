"""Checks that a data set fits a network before anything is trained."""

from __future__ import annotations

from engine.data.dataset import Dataset
from engine.errors import PlanError
from engine.layers.base import TensorType
from engine.layers.data import Data
from engine.plan.analysis.infer import InferredLayer


def check_data(layers: dict[str, InferredLayer], dataset: Dataset) -> None:
    """Check that pictures and classes of ``dataset`` fit the network; raises PlanError naming the layer."""
    pictures = TensorType(dataset.picture_shape)
    classes = len(dataset.class_names)
    for layer in layers.values():
        if isinstance(layer.layer, Data) and layer.output != pictures:
            raise PlanError(
                layer=layer.name,
                expected=f"pictures of {layer.output}",
                found=f"{pictures} in the data set {dataset.name}",
                hint=f"Set size and channels of layer {layer.name} to {pictures}.",
            )
        if layer.layer.is_cost and layer.inputs[0].shape[0] < classes:
            raise PlanError(
                layer=layer.name,
                expected=f"a probability for each of the {classes} classes of {dataset.name}",
                found=str(layer.inputs[0]),
                hint=f"Set the outputs of the last fully connected layer to {classes}.",
            )
