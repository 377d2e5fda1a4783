"""All kinds of layers, in the order of the palette."""

from __future__ import annotations

from engine.layers.base import Layer
from engine.layers.batch_norm import BatchNorm
from engine.layers.bce import Bce
from engine.layers.blur import Blur
from engine.layers.cmpool import CmPool
from engine.layers.cmrnorm import CmRNorm
from engine.layers.cnorm import CNorm
from engine.layers.concat import Concat
from engine.layers.conv import Conv
from engine.layers.crop import Crop
from engine.layers.cross_entropy import CrossEntropy
from engine.layers.data import Data
from engine.layers.dce import Dce
from engine.layers.dropout import Dropout
from engine.layers.dropout2 import Dropout2
from engine.layers.eltmax import EltMax
from engine.layers.eltsum import EltSum
from engine.layers.fc import Fc
from engine.layers.global_avg import GlobalAvg
from engine.layers.labels import Labels
from engine.layers.local import Local
from engine.layers.mirror import Mirror
from engine.layers.nailbed import Nailbed
from engine.layers.neuron import Neuron
from engine.layers.one_hot import OneHot
from engine.layers.pass_on import PassOn
from engine.layers.pool import Pool
from engine.layers.random_scale import RandomScale
from engine.layers.resize import Resize
from engine.layers.rgb_to_lab import RgbToLab
from engine.layers.rgb_to_yuv import RgbToYuv
from engine.layers.rnorm import RNorm
from engine.layers.sfc import Sfc
from engine.layers.softmax import Softmax
from engine.layers.sum2 import Sum2
from engine.layers.target_cross_entropy import TargetCrossEntropy

LAYERS: tuple[type[Layer], ...] = (
    Data,
    Labels,
    OneHot,
    Crop,
    Mirror,
    Resize,
    RandomScale,
    RgbToYuv,
    RgbToLab,
    Conv,
    Local,
    Blur,
    Pool,
    GlobalAvg,
    CmPool,
    Nailbed,
    CmRNorm,
    RNorm,
    CNorm,
    BatchNorm,
    Fc,
    Sfc,
    Neuron,
    Softmax,
    Dropout,
    Dropout2,
    EltSum,
    EltMax,
    Concat,
    PassOn,
    CrossEntropy,
    TargetCrossEntropy,
    Bce,
    Dce,
    Sum2,
)

KINDS: dict[str, type[Layer]] = {layer.kind: layer for layer in LAYERS}
"""Layer classes by the name of their kind, as files hold it."""
