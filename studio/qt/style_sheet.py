"""What Fusion cannot be told through a palette: borders, round corners, focus rings."""

from __future__ import annotations

from string import Template

from studio.qt.colours import Colours

_SHEET = Template("""
QToolTip { border: 1px solid $line; padding: 4px; background: $surface; color: $text; }
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
""")


def style_sheet(colours: Colours) -> str:
    """Return the application's style sheet in these colours."""
    return _SHEET.substitute(vars(colours))
