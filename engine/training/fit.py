"""Checks that a data set fits a network before anything is trained."""

from __future__ import annotations

from engine.data.dataset import Dataset
from engine.errors import PlanError
from engine.plan.analysis.infer import InferredLayer
from engine.plan.types import TrainingPlan


def check_data(plan: TrainingPlan, layers: dict[str, InferredLayer], dataset: Dataset) -> None:
    """Check that pictures and classes of ``dataset`` fit the network; raises PlanError naming the layer."""
    pictures = plan.by_role("input")[0]
    name = pictures.name.removesuffix(".output")
    found = "×".join(map(str, dataset.picture_shape))
    if pictures.shape[1:] != dataset.picture_shape:
        raise PlanError(
            layer=name,
            expected=f"pictures of {'×'.join(map(str, pictures.shape[1:]))}",
            found=f"{found} in the data set {dataset.name}",
            hint=f"Set size and channels of layer {name} to {found}.",
        )
    classes = len(dataset.class_names)
    for layer in layers.values():
        if layer.layer.is_cost and layer.inputs[0].shape[0] < classes:
            raise PlanError(
                layer=layer.name,
                expected=f"a probability for each of the {classes} classes of {dataset.name}",
                found=str(layer.inputs[0]),
                hint=f"Set the outputs of the last fully connected layer to {classes}.",
            )
