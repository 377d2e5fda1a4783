"""The files of cuda-convnet are asked for; what is wrong with them is told, and nothing is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.qt.import_dialog import ImportDialog
from tests.graph.cuda_convnet.test_import import CIFAR10, CIFAR10_PARAMETERS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "layers-13pct.cfg").write_text(CIFAR10)
    (tmp_path / "layer-params-13pct.cfg").write_text(CIFAR10_PARAMETERS + "[logprob]\ncoeff=1\n")
    return tmp_path


@pytest.fixture
def dialog(qtbot: QtBot, folder: Path) -> ImportDialog:
    dialog = ImportDialog(str(folder))
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_the_file_beside_is_found_and_a_network_made(dialog: ImportDialog, folder: Path) -> None:
    dialog.layers.setText(str(folder / "layers-13pct.cfg"))
    assert dialog.parameters.text() == str(folder / "layer-params-13pct.cfg")
    dialog.picture_size.setValue(24)
    dialog.take.click()
    assert dialog.result() == ImportDialog.DialogCode.Accepted
    assert dialog.imported is not None
    assert len(dialog.imported.network.graph) == 11


def test_what_is_wrong_is_told_until_it_is_mended(dialog: ImportDialog, folder: Path) -> None:
    dialog.take.click()
    assert "expected a file of cuda-convnet that can be read" in dialog.problems.toPlainText()
    path = folder / "layers-13pct.cfg"
    path.write_text(CIFAR10.replace("outputs=10", "outputs=0").replace("stride=2", "strid=2"))
    dialog.layers.setText(str(path))
    dialog.take.click()
    assert dialog.isVisible()
    lines = dialog.problems.toPlainText().splitlines()
    assert sum("[fc10] outputs: expected a whole number" in line for line in lines) == 1
    assert sum("] strid: expected a key of this type of layer" in line for line in lines) == 2
    path.write_text(CIFAR10)
    dialog.take.click()
    assert dialog.imported is not None
