"""Each test has settings of its own, and leaves no widgets behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, qapp: QApplication) -> Path:
    """Keep the person's own settings out of the tests; return the folder of those of this test."""
    folder = tmp_path / "settings"
    qapp.setOrganizationName("ConvNet Studio tests")
    qapp.setApplicationName("tests")
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_leftovers(qapp: QApplication) -> Iterator[None]:
    """Delete closed widgets at once: without an event loop they would pile up and slow all tests down."""
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
