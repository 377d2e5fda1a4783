"""What graphs are built for: cuDNN, and the plan of a graph, where it is known which is the quickest."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

SETTING: Final = "CONVNET_CUDNN"
"""Set to "off", it has the kernels of kernels/cuda do all the work."""

CUDNN: Final = "cudnn"


@dataclass(frozen=True)
class Target:
    """A library, and the name of one of its plans, "" where the quickest is to be found."""

    name: str
    method: str = ""


def target_of(code: str) -> Target:
    """Return the target of a code's name: "cudnn", or "cudnn PLAN"."""
    name, _, method = code.partition(" ")
    return Target(name, method)


def chosen() -> str:
    """Return the code that plans are to be compiled for: "cudnn" where it is installed, else ""."""
    is_off = os.environ.get(SETTING, "") == "off"
    return "" if is_off or find_spec(CUDNN) is None else CUDNN
