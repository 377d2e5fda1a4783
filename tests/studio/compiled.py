"""Where kernels that were compiled once are kept, for processes whose other folders are a test's own."""

from __future__ import annotations

from kernels.code_folder import SETTING, folder

COMPILED = {SETTING: str(folder())}
"""Variables of such a process."""
