"""All that a network file holds, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.graph.comment import Comment
from engine.graph.layer_graph import LayerGraph
from engine.graph.settings import DataSettings, TrainingSettings
from engine.graph.split import ONE_DEVICE, Split


@dataclass
class NetworkFile:
    """All that a ``*.convnet`` file holds.

    ``positions`` are the layers' places on the canvas, in px, ``comments`` what is noted there, by name.
    """

    graph: LayerGraph = field(default_factory=LayerGraph)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    data: DataSettings = field(default_factory=DataSettings)
    splits: tuple[Split, ...] = (ONE_DEVICE,)
    positions: dict[str, tuple[float, float]] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
