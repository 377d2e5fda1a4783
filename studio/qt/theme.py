"""The look of the studio: colours, type and the palettes that Qt's own widgets take.

``apply(app, theme)`` dresses the whole program; ``current()`` is the theme that is on. A widget that
paints by itself asks for ``current()`` when it paints, and one that keeps colours elsewhere (a plot)
takes them again in ``changeEvent`` at ``QEvent.Type.PaletteChange``, which Qt sends to every widget.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from engine.layers.base import Family
from studio.qt.colours import DARK, LIGHT, Colours, Theme
from studio.qt.style_sheet import style_sheet

ThemeChoice = Literal["light", "dark", "system"]

BODY = 13
"""Size of running text, px."""
SECONDARY = 11
"""Size of notes, units and captions, px."""
HEADING = 15
"""Size of headings, px."""

_CJK = "Noto Sans CJK JP"
"""For Japanese, where the system's font has none: other fonts for the same signs have Chinese forms."""

_APPLIED = "theme"
"""Property of the application that names the theme it wears."""

_current = LIGHT


def current() -> Theme:
    """Return the theme that is on."""
    return _current


def resolve(choice: ThemeChoice) -> Theme:
    """Return the theme that a choice stands for; "system" is light where the system does not say."""
    if choice == "system":
        is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return DARK if is_dark else LIGHT
    return DARK if choice == "dark" else LIGHT


def apply(app: QApplication, theme: Theme) -> None:
    """Dress all windows of ``app``, present and to come."""
    global _current  # noqa: PLW0603 - there is one application, and it has one theme
    _current = theme
    if app.property(_APPLIED) == theme.name:
        return  # dressing every widget anew takes a while
    app.setProperty(_APPLIED, theme.name)
    if app.style().name() != "fusion":
        app.setStyle("fusion")
    app.setFont(body_font())
    app.setPalette(_palette(theme.colours))
    app.setStyleSheet(style_sheet(theme.colours))


def colour(name: str, opacity: float = 1.0) -> QColor:
    """Return a colour of the current theme by its name in Colours, as Qt wants it."""
    found = QColor(getattr(_current.colours, name))
    found.setAlphaF(opacity)
    return found


def family_colour(family: Family) -> QColor:
    """Return the hue of a family of layers in the current theme."""
    colours = _current.colours
    return QColor(colours.families.get(family, colours.secondary))


def body_font(*, bold: bool = False) -> QFont:
    """Return the font of running text: the system's own, with figures of one width."""
    return _font(BODY, bold)


def secondary_font(*, bold: bool = False) -> QFont:
    """Return the font of notes, units and captions."""
    return _font(SECONDARY, bold)


def heading_font() -> QFont:
    """Return the font of headings."""
    return _font(HEADING, bold=True)


def _font(size: int, bold: bool) -> QFont:
    font = QFont()
    # A name such as "Sans Serif" stands for a font, but in a list the first font of the very name would win.
    system = QFontInfo(QFont(QApplication.font().family())).family()
    font.setFamilies([system, _CJK])
    font.setPixelSize(size)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def _palette(colours: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for name, value in {
        role.Window: colours.background,
        role.WindowText: colours.text,
        role.Base: colours.surface,
        role.AlternateBase: colours.hover,
        role.Text: colours.text,
        role.PlaceholderText: colours.secondary,
        role.Button: colours.surface,
        role.ButtonText: colours.text,
        role.BrightText: colours.error,
        role.ToolTipBase: colours.surface,
        role.ToolTipText: colours.text,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.surface,
        role.Midlight: colours.hover,
        role.Mid: colours.line,
        role.Dark: colours.line,
        role.Shadow: colours.line,
    }.items():
        palette.setColor(name, QColor(value))
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(colours.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colours.line))
    return palette
