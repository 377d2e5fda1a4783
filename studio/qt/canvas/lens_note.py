"""What a lens says that has nothing to show yet: what will be there, and what it takes."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from studio.models import splitting
from studio.models.document import Document
from studio.models.lens import Lens, LensChoice
from studio.qt.labels import Label

_PADDING = 12


class LensNote(QFrame):
    """A line below the switch of lenses, as long as there is something to say."""

    def __init__(self, choice: LensChoice, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("floating")
        self._choice, self._document = choice, document
        self._words = Label(rank="secondary")
        self._words.setWordWrap(True)
        self._room = self.width()
        row = QHBoxLayout(self)
        row.setContentsMargins(_PADDING, 4, _PADDING, 4)
        row.addWidget(self._words)
        choice.changed.connect(self.refresh)
        document.changed.connect(self.refresh)
        self.refresh()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._choice.changed.disconnect(self.refresh)
        self._document.changed.disconnect(self.refresh)

    def fit(self, width: int) -> None:
        """Take as much room as the words need, in a line where ``width`` px suffice."""
        self._room = width
        words = self._words.fontMetrics().horizontalAdvance(self._words.text())
        self.setFixedWidth(min(width, words + 2 * _PADDING + 4))
        height = self.heightForWidth(self.width())
        self.setFixedHeight(height if height > 0 else self.sizeHint().height())

    def refresh(self) -> None:
        """Say what there is to say now."""
        words = self._say() if len(self._document.network.graph) else ""
        self._words.setText(words)
        self.setVisible(bool(words))
        if words:
            self.fit(self._room)

    def _say(self) -> str:
        match self._choice.lens:
            case Lens.HEALTH if not self._choice.health:
                return self.tr("A training shows here how each layer fares.")
            case Lens.SPLIT if len(splitting.split_of(self._document).devices) == 1:
                return self.tr("One device does all. Split the network at the upper right.")
            case _:
                return ""
