"""The status bar: what the network costs, how much is wrong with it, what the engine does."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStatusBar, QToolButton, QWidget

from engine.layers.base import Cost
from studio.models.document import Document
from studio.models.quantities import short_count
from studio.models.run import RunModel
from studio.qt import icons, theme
from studio.qt.labels import Label
from studio.qt.run_texts import state_name

MESSAGE_TIME = 4000
"""How long a passing message stays, ms."""


class Status(QStatusBar):
    """Totals, the count of problems, which opens their list, and the engine's state.

    Of a network without layers there is nothing to tell.
    """

    def __init__(
        self, document: Document, run: RunModel, problems: QAction, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._run = run
        self.totals = Label(rank="secondary")
        self.engine = Label(rank="secondary")
        self.problems = QToolButton()
        self.problems.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.problems.setFont(theme.secondary_font())
        self.problems.setToolTip(problems.toolTip())
        self.problems.clicked.connect(problems.trigger)
        for part in (self.totals, self.problems, self.engine):
            part.setContentsMargins(8, 0, 8, 0)
            self.addPermanentWidget(part)
        self.setSizeGripEnabled(False)
        document.changed.connect(self._on_document_changed)
        run.state_changed.connect(self._on_state)
        self._on_document_changed()
        self._on_state()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._document.changed.disconnect(self._on_document_changed)
        self._run.state_changed.disconnect(self._on_state)

    def say(self, message: str) -> None:
        """Show a message for a while."""
        self.showMessage(message, MESSAGE_TIME)

    def _on_document_changed(self) -> None:
        for part in (self.totals, self.problems):
            part.setVisible(len(self._document.network.graph) > 0)
        total = sum(self._document.costs().values(), Cost())
        self.totals.setText(
            self.tr("{layers} layers · {weights} weights · {operations} multiply-adds a picture").format(
                layers=len(self._document.network.graph),
                weights=short_count(total.weights + total.biases),
                operations=short_count(total.multiply_adds),
            )
        )
        self._show_problems()

    def _show_problems(self) -> None:
        count = len(self._document.inspection.problems)
        match count:
            case 0:
                words = self.tr("No problems")
            case 1:
                words = self.tr("1 problem")
            case _:
                words = self.tr("{count} problems").format(count=count)
        self.problems.setText(words)
        if count:
            self.problems.setIcon(icons.icon("problem", 16, theme.colour("error")))
        else:
            self.problems.setIcon(icons.icon("check", 16, theme.colour("success")))

    def _on_state(self) -> None:
        self.engine.setText(state_name(self._run.state))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_problems()
