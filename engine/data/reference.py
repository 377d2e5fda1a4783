"""What a network file says about its data: the ``data`` section."""

from __future__ import annotations

import msgspec

from engine.data.preprocessing import Preprocessing


class DataReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Names a data set and says how its pictures are prepared.

    ``{"source": "digits"}`` and ``{"source": "shapes"}`` are built in;
    ``{"source": "path", "path": "pictures.npz"}`` is the user's own, relative to the network file's folder.
    """

    source: str
    path: str | None = None
    preprocessing: Preprocessing = Preprocessing()
