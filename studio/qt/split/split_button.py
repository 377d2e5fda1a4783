"""The tool bar's button for the split, which opens its panel."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget

from studio.models.document import Document
from studio.models.forecast import ForecastModel
from studio.models.run import RunModel
from studio.models.splitting import split_of
from studio.qt.run_controls import DevicePicker
from studio.qt.split.split_panel import SplitPanel


class SplitButton(QPushButton):
    """Says over how many devices the network is split, and how."""

    def __init__(
        self,
        document: Document,
        run: RunModel,
        forecast: ForecastModel,
        picker: DevicePicker,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._run = document, run
        self._action: QAction | None = None
        self.panel = SplitPanel(document, forecast, picker, self)
        self.setObjectName("split")
        self.setToolTip(self.tr("Split the network over devices"))
        self.clicked.connect(self.open)
        document.changed.connect(self._refresh)
        run.state_changed.connect(self._refresh)
        self._refresh()

    def follow(self, action: QAction) -> None:
        """Hide by ``action``, which stands for it in the tool bar, while a training goes on."""
        self._action = action
        self._refresh()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._document.changed.disconnect(self._refresh)
        self._run.state_changed.disconnect(self._refresh)
        self.panel.detach()

    def open(self) -> None:
        """Open the panel below the button, within its screen."""
        self.panel.refresh()
        self.panel.adjustSize()
        place = self.mapToGlobal(QPoint(self.width() - self.panel.width(), self.height() + 4))
        left = self.screen().availableGeometry().left()
        self.panel.move(max(left, place.x()), place.y())
        self.panel.show()

    def _refresh(self) -> None:
        split = split_of(self._document)
        count = len(split.devices)
        words = (
            self.tr("1 device")
            if count == 1
            else self.tr("{count} devices · {name}").format(count=count, name=split.name)
        )
        self.setText(words)
        self.setAccessibleName(words)
        self.setEnabled(self._run.can_train)
        if self._action is not None:
            self._action.setVisible(self._run.can_train)
