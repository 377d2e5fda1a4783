"""Checks that a data set fits a network before anything is trained."""

from __future__ import annotations

from engine.data.dataset import Dataset
from engine.data.preprocessing import Size
from engine.errors import InvalidNetworkError
from engine.graph.data_fit import data_problems
from engine.graph.layer_graph import LayerGraph
from engine.layers.data import Data
from engine.plan.analysis.infer import InferredLayer


def check_data(
    graph: LayerGraph, layers: dict[str, InferredLayer], dataset: Dataset, border: int = 0
) -> Size:
    """Check that pictures and classes of ``dataset`` fit the network, and return the size of its pictures.

    Pictures with their ``border``, in px, may be larger than that: they are cropped. Raises
    InvalidNetworkError with all that does not fit.
    """
    outputs = {name: layer.output for name, layer in layers.items()}
    problems = data_problems(graph, outputs, dataset.facts, border)
    if problems:
        raise InvalidNetworkError(tuple(problems))
    height, width, _ = next(layer.output.shape for layer in layers.values() if isinstance(layer.layer, Data))
    return height, width
