"""How pictures become numbers around zero: ``(picture - mean) * scale``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec


class Preprocessing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the preprocessing, as in the ``data`` section of a network file.

    ``mean`` is what is subtracted, taken over the training split: the mean ``"picture"`` (as cuda-convnet
    does), the mean of each ``"channel"``, or ``"none"``. ``scale`` multiplies what is left; 1/64 brings
    pictures with values 0..255 to a standard deviation of about 1.
    """

    mean: Literal["picture", "channel", "none"] = "picture"
    scale: Annotated[float, msgspec.Meta(gt=0)] = 1 / 64
