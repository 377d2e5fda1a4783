"""Colours that can be read, and a theme that reaches everything."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.layers.base import Family
from studio.qt import theme
from studio.qt.colours import DARK, LIGHT, Theme
from studio.qt.dashboard.plot import STYLES

THEMES = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)


def luminance(colour: str) -> float:
    """Return the relative luminance by WCAG 2.2."""
    channels = QColor(colour).getRgbF()[:3]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio by WCAG 2.2."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@THEMES
def test_text_stands_out_from_what_is_behind_it(look: Theme) -> None:
    """At least 4.5 : 1, on the background, on surfaces, under the pointer and where selected."""
    colours = look.colours
    for text, behind in product(
        ("text", "secondary", "error", "warning", "success", "accent"), ("background", "surface")
    ):
        assert contrast(getattr(colours, text), getattr(colours, behind)) >= 4.5, (text, behind)
    for behind in (colours.hover, colours.selection):
        assert contrast(colours.text, behind) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5


@THEMES
def test_every_family_has_a_hue_of_its_own_that_stands_out(look: Theme) -> None:
    """At least 3 : 1 on cards, as graphics need."""
    hues = look.colours.families
    assert set(get_args(Family)) <= hues.keys()
    assert len(set(hues.values())) == len(hues)
    assert all(contrast(hue, look.colours.surface) >= 3 for hue in hues.values())


@THEMES
def test_every_line_of_a_plot_stands_out(look: Theme) -> None:
    """At least 3 : 1: those of runs that are compared, and those of the splits."""
    colours = look.colours
    assert len(set(colours.lines)) == len(colours.lines)
    splits = ("accent", "activation", "cost")
    assert {style.colour for style in STYLES.values()} == set(splits)
    hues = (colours.accent, *(colours.families[family] for family in splits[1:]))
    assert all(contrast(colour, colours.surface) >= 3 for colour in (*colours.lines, *hues))


def test_a_theme_reaches_widgets_that_are_there(qtbot: QtBot, qapp: QApplication) -> None:
    """They learn of it by Qt's own event, and take its colours."""
    label = QLabel("text")
    qtbot.addWidget(label)
    label.show()
    for look in (DARK, LIGHT):
        theme.apply(qapp, look)
        assert theme.current() is look
        assert label.palette().color(QPalette.ColorRole.WindowText).name() == look.colours.text.lower()
        assert theme.colour("accent").name() == look.colours.accent.lower()


def test_a_choice_stands_for_a_theme() -> None:
    """The system's is one of the two."""
    assert theme.resolve("light") is LIGHT
    assert theme.resolve("dark") is DARK
    assert theme.resolve("system") in (LIGHT, DARK)


def test_latin_letters_have_the_font_of_the_system(qapp: QApplication) -> None:
    """Also where that is told by a name such as "Sans Serif", and a font for Japanese is there."""
    system = QFontInfo(QFont("Sans Serif")).family()
    before = qapp.font()
    qapp.setFont(QFont("Sans Serif"))
    try:
        assert QFontInfo(theme.body_font()).family() == system
    finally:
        qapp.setFont(before)
