"""Plays through the snapshots, forwards or backwards."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from studio.qt import icons

FRAME = 120
"""Milliseconds that a snapshot is shown."""


class PlayButtons(QWidget):
    """Two buttons that move a slider until its end, and halt it when pressed again."""

    def __init__(self, slider: QSlider, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = slider
        self._timer = QTimer(self, interval=FRAME)
        self._timer.timeout.connect(self._on_frame)
        self._direction = 1
        self._icons: dict[QToolButton, str] = {}
        self.backwards = self._button("back", self.tr("Play backwards"), -1)
        self.forwards = self._button("play", self.tr("Play forwards"), 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.backwards)
        row.addWidget(self.forwards)
        self._draw_icons()

    def _button(self, icon: str, name: str, direction: int) -> QToolButton:
        button = QToolButton()
        button.setObjectName("flat")
        self._icons[button] = icon
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.setCheckable(True)
        button.clicked.connect(lambda on: self._on_clicked(direction, on))
        button.toggled.connect(self._draw_icons)
        return button

    def _draw_icons(self) -> None:
        for button, icon in self._icons.items():
            button.setIcon(icons.icon("pause" if button.isChecked() else icon, 16))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()

    def halt(self) -> None:
        """Stay where the slider is."""
        self._timer.stop()
        for button in (self.backwards, self.forwards):
            button.setChecked(False)

    def _on_clicked(self, direction: int, on: bool) -> None:
        self.halt()
        if not on:
            return
        self._direction = direction
        (self.forwards if direction > 0 else self.backwards).setChecked(True)
        if self._slider.value() == self._end:  # at the end: once more from the other one
            self._slider.setValue(self._slider.minimum() if direction > 0 else self._slider.maximum())
        self._timer.start()

    def _on_frame(self) -> None:
        self._slider.setValue(self._slider.value() + self._direction)
        if self._slider.value() == self._end:
            self.halt()

    @property
    def _end(self) -> int:
        return self._slider.maximum() if self._direction > 0 else self._slider.minimum()
