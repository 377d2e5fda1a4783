"""Types of the arrays that kernels take."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""float32 or float64; all floating arrays of one call have the same type."""

Labels: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.uint8]
Counters: TypeAlias = NDArray[np.int64]
Doubles: TypeAlias = NDArray[np.float64]

Shape: TypeAlias = tuple[int, ...]
Pair: TypeAlias = tuple[int, int]
"""Along the height, then along the width."""
