"""The switch of lenses, which floats over the canvas."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QToolButton, QWidget

from studio.models.lens import Lens, LensChoice
from studio.qt import theme

LENS_TITLES: dict[Lens, tuple[str, str]] = {
    Lens.SHAPES: ("Shapes", "What flows along each wire"),
    Lens.COST: ("Cost", "Weights, multiply-adds and memory of each layer"),
    Lens.GRADIENTS: ("Gradients", "Where gradients come back, and where values only go forward"),
    Lens.HEALTH: ("Health", "How each layer fares in the training: its updates, and its dead units"),
    Lens.SPLIT: ("Split", "Which devices layers run on, and what is sent between them"),
}
"""Title and explanation of each lens, as English source texts."""


class LensBar(QFrame):
    """A button for each lens, of which one is on."""

    def __init__(self, choice: LensChoice, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("floating")
        self._choice = choice
        self.buttons: dict[Lens, QToolButton] = {}
        group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        for lens, (title, help_text) in LENS_TITLES.items():
            button = QToolButton()
            button.setObjectName("choice")
            button.setCheckable(True)
            button.setText(QCoreApplication.translate("lenses", title))
            button.setToolTip(QCoreApplication.translate("lenses", help_text))
            button.clicked.connect(lambda _checked=False, lens=lens: choice.choose(lens))
            group.addButton(button)
            row.addWidget(button)
            self.buttons[lens] = button
        choice.changed.connect(self._on_changed)
        self._on_changed()

    def fit(self, width: int) -> None:
        """Write smaller where there is less room than ``width`` px, and closer where that is not enough."""
        for font, air in ((theme.body_font(), 8), (theme.secondary_font(), 8), (theme.secondary_font(), 3)):
            self.setStyleSheet(f"QToolButton#choice {{ padding: 4px {air}px; }}")
            for button in self.buttons.values():
                button.setFont(font)
            self.adjustSize()
            if self.width() <= width:
                break

    def detach(self) -> None:
        """Listen to the choice no more; for when the window closes."""
        self._choice.changed.disconnect(self._on_changed)

    def _on_changed(self) -> None:
        self.buttons[self._choice.lens].setChecked(True)
