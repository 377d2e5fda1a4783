"""Which checkpoint is the best one so far, and whether it is worth going on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec


class Best(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The least validation error so far, and for how long there was none below it."""

    error: float = math.inf  # fraction of the validation pictures
    step: int | None = None  # updates of the weights when it was measured; None: never yet
    waited: int = 0  # tests since then

    @classmethod
    def of(cls, record: Mapping[str, Any] | None) -> Best:
        """Return what a checkpoint's ``record`` says; None is that of a training without a test."""
        return cls() if record is None else msgspec.convert(record, cls)

    def after(self, step: int, error: float) -> Best:
        """Return what is the best after another test. A tie goes to the earlier one; NaN is never best."""
        if error < self.error:
            return Best(error, step)
        return msgspec.structs.replace(self, waited=self.waited + 1)

    def is_enough(self, patience: int) -> bool:
        """Whether so many tests were waited for a better one in vain; 0 is to wait forever."""
        return 0 < patience <= self.waited
