"""Generated kernels are tested for each target that this machine runs, with a code cache of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernels.cpu.vector import code_cache
from kernels.cpu.vector.target import targets


@pytest.fixture(scope="session", autouse=True)
def _own_code_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that another version made is taken for what this one makes."""
    folder: Path = tmp_path_factory.mktemp("code")
    for name in targets():
        code_cache.linker(name).cache = code_cache.CodeCache(folder)


@pytest.fixture(params=sorted(targets()))
def target(request: pytest.FixtureRequest) -> str:
    """A target's name."""
    return str(request.param)
