"""Which checkpoint is the best one so far, and whether it is worth going on."""

from __future__ import annotations

import math

import msgspec


class Best(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The least validation error so far, and for how long there was none below it."""

    error: float = math.inf  # fraction of the validation pictures
    step: int | None = None  # updates of the weights when it was measured; None: never yet
    waited: int = 0  # tests since then

    def after(self, step: int, error: float) -> Best:
        """Return what is the best after another test. A tie goes to the earlier one; NaN is never best."""
        if error < self.error:
            return Best(error, step)
        return msgspec.structs.replace(self, waited=self.waited + 1)
