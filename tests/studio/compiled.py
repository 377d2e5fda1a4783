"""Where kernels that were compiled once are kept, for processes whose other folders are a test's own."""

from __future__ import annotations

import os

from platformdirs import user_cache_path

from kernels.cpu.vector.code_cache import FOLDER_SETTING

COMPILED = {FOLDER_SETTING: os.environ.get(FOLDER_SETTING) or str(user_cache_path("convnet-studio") / "code")}
"""Variables of such a process."""
