"""Icons."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from engine.layers.catalogue import KINDS
from studio.actions import ACTIONS
from studio.qt import icons
from studio.qt.style_sheet import IMAGES


def test_every_kind_of_layer_has_an_icon_of_its_own() -> None:
    """No two look alike."""
    assert set(KINDS) <= set(icons.PATHS)
    assert len({(icons.PATHS[kind], icons.FILLED.get(kind)) for kind in KINDS}) == len(KINDS)


def test_every_icon_of_a_command_is_drawn() -> None:
    """The table names no icon that does not exist."""
    assert {action.icon for action in ACTIONS if action.icon} <= set(icons.PATHS)


@pytest.mark.parametrize("name", icons.PATHS)
def test_an_icon_puts_ink_inside_its_square(name: str, qapp: QApplication) -> None:
    """Not nothing, and nothing that is cut off at the edge."""
    picture = icons.pixmap(name, 48, QColor("black")).toImage()
    inked = [(x, y) for x in range(48) for y in range(48) if picture.pixelColor(x, y).alpha() > 40]
    assert len(inked) > 20
    assert all(0 < x < 47 and 0 < y < 47 for x, y in inked)


def test_an_unknown_kind_gets_the_icon_of_layers_at_large(qapp: QApplication) -> None:
    """A layer that is new to the studio can be seen."""
    assert (
        icons.pixmap("warp", 24, QColor("black")).toImage()
        == icons.pixmap("layer", 24, QColor("black")).toImage()
    )


def test_the_arrows_of_fields_can_be_read(qapp: QApplication) -> None:
    """The style sheet names files, which are there."""
    for name in ("up", "down"):
        content = (IMAGES / f"{name}.svg").read_bytes()
        assert QSvgRenderer(QByteArray(content)).isValid()
