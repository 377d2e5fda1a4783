"""The language of the studio: Japanese or English, by choice or as the system has it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Literal

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QSettings, QTranslator

Language = Literal["en", "ja"]

_CHOICE = "window/language"


class Catalogue(QTranslator):
    """Translates by the source text alone: what reads the same in English is the same here."""

    def __init__(self, texts: dict[str, str], parent: QCoreApplication) -> None:
        super().__init__(parent)
        self._texts = texts

    def isEmpty(self) -> bool:
        return not self._texts

    def translate(
        self,
        context: str | bytes,
        source: str | bytes,
        disambiguation: str | bytes | None = None,
        n: int = -1,
    ) -> str:
        text = source.decode() if isinstance(source, bytes) else source
        return self._texts.get(text) or text  # Qt would show nothing for ""


def load_catalogue(language: Language) -> dict[str, str]:
    """Return the translations of all source texts; English needs none."""
    if language == "en":
        return {}
    content = files("resources").joinpath("translations", f"{language}.json").read_text(encoding="utf-8")
    catalogue: dict[str, str] = json.loads(content)
    return catalogue


def chosen() -> Language:
    """Return the language that was chosen; else the system's, if the studio speaks it."""
    choice = QSettings().value(_CHOICE)
    if choice in ("en", "ja"):
        return "ja" if choice == "ja" else "en"
    return "ja" if QLocale.system().language() == QLocale.Language.Japanese else "en"


def choose(language: Language) -> None:
    """Take a language from the next start on."""
    QSettings().setValue(_CHOICE, language)


def install(app: QCoreApplication, language: Language) -> list[QTranslator]:
    """Let ``app`` speak a language; return what does it, Qt's own dialogs included."""
    if language == "en":
        return []
    QLocale.setDefault(QLocale(QLocale.Language.Japanese))
    of_qt = QTranslator(app)
    of_qt.load("qtbase_ja", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    # The last one is asked first.
    translators: list[QTranslator] = [Catalogue(load_catalogue(language), app), of_qt]
    for translator in translators:
        app.installTranslator(translator)
    return translators
