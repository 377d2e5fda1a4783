"""Settings of the studio under test go to a folder of the test."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
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
