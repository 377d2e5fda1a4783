"""A frame that scrolls what it holds, up and down, on the surface that it lies on."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class Scroller(QScrollArea):
    """Has neither a frame nor a colour of its own."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)
