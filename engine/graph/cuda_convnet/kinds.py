"""What each key of cuda-convnet's layers is in this program: tables of keys and fields.

A key's text is read, and then has to fit the field as in a network file. ``per_input`` keys may hold a list
with an entry for each input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.graph.cuda_convnet.values import flag, real, whole, word
from engine.layers.base import Layer
from engine.layers.bce import Bce
from engine.layers.blur import Blur
from engine.layers.cmpool import CmPool
from engine.layers.cmrnorm import CmRNorm
from engine.layers.cnorm import CNorm
from engine.layers.concat import Concat
from engine.layers.conv import Conv
from engine.layers.crop import Crop
from engine.layers.cross_entropy import CrossEntropy
from engine.layers.dce import Dce
from engine.layers.dropout import Dropout
from engine.layers.dropout2 import Dropout2
from engine.layers.eltmax import EltMax
from engine.layers.eltsum import EltSum
from engine.layers.fc import Fc
from engine.layers.local import Local
from engine.layers.mirror import Mirror
from engine.layers.nailbed import Nailbed
from engine.layers.neuron import Neuron
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


@dataclass(frozen=True)
class Key:
    """A key ``name`` and the ``field`` that it sets. ``needed`` ones have to be there.

    Those of the ``parameters`` file may stand in the layers' file too, and the other way round: the two
    versions of cuda-convnet differ in that.
    """

    name: str
    field: str
    read: Callable[[str], object]
    needed: bool = False
    per_input: bool = False


@dataclass(frozen=True)
class Kind:
    """A type of layer: the ``layer`` that it becomes, and its ``keys`` but for those that all have.

    ``fixed`` are values that the other program has no key for.
    """

    layer: type[Layer]
    keys: tuple[Key, ...] = ()
    fixed: tuple[tuple[str, object], ...] = ()


def _needed(name: str, field: str, read: Callable[[str], object] = whole) -> Key:
    return Key(name, field, read, needed=True)


_WINDOW = (
    Key("filtersize", "size", whole, needed=True, per_input=True),
    Key("stride", "stride", whole, per_input=True),
    Key("padding", "padding", whole, per_input=True),
    Key("groups", "groups", whole, per_input=True),
    _needed("filters", "filters"),
)
_NORM = (
    _needed("size", "size"),
    _needed("scale", "scale", real),
    _needed("pow", "power", real),
    Key("mindiv", "minimum", real),
)
_COST = (_needed("coeff", "coefficient", real),)
_BINARY = (*_COST, Key("posweight", "positive_weight", real))

KINDS: dict[str, Kind] = {
    "fc": Kind(Fc, (_needed("outputs", "outputs"),)),
    "sfc": Kind(Sfc, (_needed("outputs", "outputs"), _needed("parts", "parts"))),
    "conv": Kind(Conv, (*_WINDOW, Key("sharedbiases", "shared_biases", flag)), (("padding", (0, 0)),)),
    "local": Kind(Local, _WINDOW, (("padding", (0, 0)),)),
    "pool": Kind(
        Pool,
        (
            _needed("pool", "pool", word),
            _needed("sizex", "size"),
            _needed("stride", "stride"),
            Key("start", "start", whole),
            Key("outputsx", "outputs", whole),
        ),
    ),
    "cmpool": Kind(
        CmPool,
        (
            _needed("size", "size"),
            _needed("stride", "stride"),
            Key("start", "start", whole),
            Key("outputs", "outputs", whole),
        ),
    ),
    "rnorm": Kind(RNorm, _NORM),
    "cmrnorm": Kind(CmRNorm, (*_NORM, Key("blocked", "blocked", flag))),
    "cnorm": Kind(CNorm, _NORM),
    "neuron": Kind(Neuron),
    "eltsum": Kind(EltSum),
    "eltmax": Kind(EltMax),
    "softmax": Kind(Softmax),
    "concat": Kind(Concat),
    "pass": Kind(PassOn),
    "dropout": Kind(Dropout, (Key("keep", "keep", real),)),
    "dropout2": Kind(Dropout2, (Key("keep", "keep", real),)),
    "blur": Kind(Blur, (_needed("filtersize", "size", word), _needed("stdev", "deviation", real))),
    "nailbed": Kind(Nailbed, (_needed("stride", "stride"),)),
    "resize": Kind(Resize, (_needed("scale", "scale", real),)),
    "rscale": Kind(RandomScale, (_needed("maxscale", "largest", real), _needed("tgtsize", "size"))),
    "crop": Kind(Crop, (_needed("sizex", "size"),)),
    "href": Kind(Mirror),
    "rgb2yuv": Kind(RgbToYuv),
    "rgb2lab": Kind(RgbToLab, (Key("center", "centred", flag),)),
    "cost.logreg": Kind(CrossEntropy, (*_COST, Key("topk", "top", whole))),
    "cost.crossent": Kind(TargetCrossEntropy, _COST),
    "cost.bce": Kind(Bce, _BINARY),
    "cost.dce": Kind(Dce, _BINARY),
    "cost.sum2": Kind(Sum2, _COST),
}
"""Types of layers by their names there; ``data`` is none of them, since it becomes pictures or labels."""

SPELLINGS = {"numfilters": "filters", "numoutputs": "outputs", "subsx": "sizex"}
"""Keys that early files have, and what they came to be called."""

HINTS_OF_SPEED = frozenset({"partialsum", "sumwidth", "supereps", "supermom"})
"""Keys that change nothing that is computed, or nothing at all."""
