"""All kinds of layers, in the order of the palette."""

from __future__ import annotations

from engine.layers.base import Layer
from engine.layers.conv import Conv
from engine.layers.cross_entropy import CrossEntropy
from engine.layers.data import Data
from engine.layers.dropout import Dropout
from engine.layers.fc import Fc
from engine.layers.labels import Labels
from engine.layers.neuron import Neuron
from engine.layers.pool import Pool
from engine.layers.softmax import Softmax

LAYERS: tuple[type[Layer], ...] = (
    Data,
    Labels,
    Conv,
    Pool,
    Fc,
    Neuron,
    Dropout,
    Softmax,
    CrossEntropy,
)

KINDS: dict[str, type[Layer]] = {layer.kind: layer for layer in LAYERS}
"""Layer classes by the name of their kind, as files hold it."""
