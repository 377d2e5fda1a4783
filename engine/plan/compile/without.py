"""What a plan is to do without, so that one can see what it is worth: ``CONVNET_WITHOUT=pool,winograd``."""

from __future__ import annotations

import os
from typing import Final

from engine.errors import DeviceError
from engine.plan.compile.fuse import FUSIONS
from engine.words import Words

SETTING: Final = "CONVNET_WITHOUT"
WINOGRAD: Final = "winograd"


def without() -> frozenset[str]:
    """Return the names that are set; raises DeviceError for one that is neither a fusion nor "winograd"."""
    names = frozenset(os.environ.get(SETTING, "").split(",")) - {""}
    unknown = names - FUSIONS - {WINOGRAD}
    if unknown:
        raise DeviceError(
            device=SETTING,
            missing=Words("expected some of {names}", names=", ".join(sorted(FUSIONS | {WINOGRAD}))),
            hint=Words(
                "Found {names}; leave it unset to do without nothing.", names=", ".join(sorted(unknown))
            ),
        )
    return names
