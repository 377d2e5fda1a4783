"""Each test has settings of its own, and leaves no widgets behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QLocale, QSettings, QTranslator
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.qt import theme
from studio.qt.language import install
from tests.studio.qt.stage import Stage

Speaking = Callable[[str], None]
"""Lets the program speak a language until the test ends."""


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


@pytest.fixture
def speaking(qapp: QApplication) -> Iterator[Speaking]:
    """Return what sets the language of this test."""
    before, translators = QLocale(), list[QTranslator]()
    yield lambda language: translators.extend(install(qapp, language))  # type: ignore[arg-type]
    for translator in translators:
        qapp.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(before)


@pytest.fixture
def stage(qtbot: QtBot, qapp: QApplication) -> Stage:
    """Return the workspace *Train* in the light theme, before a training."""
    theme.apply(qapp, theme.resolve("light"))
    return Stage(qtbot)
