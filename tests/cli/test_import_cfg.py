"""``convnet import`` writes a network once, and leaves what is there alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.graph.network_file import load
from tests.cli.test_train import convnet_here
from tests.graph.cuda_convnet.test_import import CIFAR10, CIFAR10_PARAMETERS


def _files(folder: Path, layers: str = CIFAR10) -> list[str]:
    folder.joinpath("layers.cfg").write_text(layers)
    folder.joinpath("params.cfg").write_text(CIFAR10_PARAMETERS + "[logprob]\ncoeff=1\n")
    return [str(folder / name) for name in ("layers.cfg", "params.cfg", "net")]


def test_a_network_is_written_and_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _files(tmp_path)
    code, output, _ = convnet_here(capsys, "import", *files, "--size", "24")
    assert code == 0
    assert "11 layers, pictures of 24 × 24 px" in output
    assert "Note: conv1: partialsum changes nothing" in output
    assert len(load(tmp_path / "net.convnet").graph) == 11
    code, output, _ = convnet_here(capsys, "describe", f"{files[2]}.convnet")
    assert "1048512" in output
    before = tmp_path.joinpath("net.convnet").read_bytes()
    code, _, error = convnet_here(capsys, "import", *files)
    assert code == 2
    assert "it is there already" in error
    assert tmp_path.joinpath("net.convnet").read_bytes() == before


def test_files_that_are_wrong_write_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _files(tmp_path, CIFAR10.replace("outputs=10", "outputs=0"))
    code, _, error = convnet_here(capsys, "import", *files)
    assert code == 2
    assert "layers.cfg: line" in error
    assert "[fc10] outputs: expected a whole number from 1 to 1000000, found '0'" in error
    code, _, error = convnet_here(capsys, "import", str(tmp_path / "none.cfg"), *files[1:])
    assert code == 2
    assert "none.cfg: file: expected a file of cuda-convnet that can be read" in error
    assert not tmp_path.joinpath("net.convnet").exists()
