"""The window in which other computers are named, connected and looked at."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ComputerError
from studio.models.computers import Computer, Computers
from studio.models.run import RunModel
from studio.qt.computers.details import ComputerDetails, presence_name, show_problem
from studio.qt.computers.kept import remember
from studio.qt.labels import Label
from studio.services.ssh import PROGRAM

_LIST_WIDTH = 240
_ROW = QSize(0, 48)


class ComputersDialog(QDialog):
    """A list of computers, and the chosen one's details. Does not hold up the studio."""

    watching = Signal()
    """A run is being watched from now on."""

    def __init__(self, computers: Computers, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._computers, self._run = computers, run
        self.setWindowTitle(self.tr("Computers"))
        self.list = QListWidget()
        self.address = QLineEdit()
        self.program = QLineEdit()
        self.add_button = QPushButton(self.tr("Add and connect"))
        self.problem = Label()
        self.details = ComputerDetails(computers)
        self._build()
        self.list.currentItemChanged.connect(self._on_chosen)
        self.address.returnPressed.connect(self._on_add)
        self.add_button.clicked.connect(self._on_add)
        self.details.remove_requested.connect(self._on_remove)
        self.details.watch_requested.connect(self._on_watch)
        computers.list_changed.connect(self._refresh)
        computers.status_changed.connect(self._refresh)
        self._refresh()

    def detach(self) -> None:
        """Listen to the computers no more; for when the window closes."""
        self._computers.list_changed.disconnect(self._refresh)
        self._computers.status_changed.disconnect(self._refresh)

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._make_side())
        row.addWidget(self.details, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addLayout(row, 1)
        column.addWidget(self._make_buttons())
        self.resize(840, 560)

    def _make_side(self) -> QWidget:
        """Return the list, with what adds to it below."""
        self.list.setObjectName("boxed")
        self.list.setAccessibleName(self.tr("Computers"))
        self.address.setPlaceholderText(self.tr("user@host"))
        self.address.setAccessibleName(self.tr("Address"))
        self.address.setToolTip(self.tr("Where ssh logs in: user@host, or a name from your ssh settings"))
        self.program.setPlaceholderText(PROGRAM)
        self.program.setAccessibleName(self.tr("Program there"))
        self.program.setToolTip(
            self.tr(
                "Where convnet is there, if its name alone does not find it, such as studio/.venv/bin/convnet"
            )
        )
        self.add_button.setAutoDefault(False)
        self.problem.setWordWrap(True)
        self.problem.hide()
        side = QWidget()
        side.setFixedWidth(_LIST_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Computers"), "strong"))
        column.addWidget(self.list, 1)
        column.addWidget(Label(self.tr("Add a computer"), "strong"))
        column.addWidget(Label(self.tr("Address"), "secondary"))
        column.addWidget(self.address)
        column.addWidget(Label(self.tr("Program there"), "secondary"))
        column.addWidget(self.program)
        column.addWidget(self.problem)
        column.addWidget(self.add_button)
        return side

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        by_hand = buttons.addButton(
            self.tr("Open a connection file…"), QDialogButtonBox.ButtonRole.ActionRole
        )
        by_hand.setToolTip(self.tr("Watch a run whose connection.json you have copied here"))
        by_hand.clicked.connect(self._on_by_hand)
        for button in buttons.buttons():
            button.setAutoDefault(False)  # type: ignore[attr-defined]
        buttons.rejected.connect(self.hide)
        return buttons

    # ---- what the person does ---------------------------------------------------------------------------

    def _on_add(self) -> None:
        try:
            computer = self._computers.add(self.address.text(), self.program.text())
        except ComputerError as error:
            show_problem(self.problem, error)
            self.address.setFocus()
            return
        show_problem(self.problem, None)
        self.address.clear()
        self.program.clear()
        remember(self._computers)
        self._choose(computer.address.text)
        computer.connect()

    def _on_remove(self, computer: Computer) -> None:
        self._computers.remove(computer.address.text)
        remember(self._computers)

    def _on_watch(self, computer: Computer, run_id: str) -> None:
        self._run.watch(computer, lambda: computer.watch(run_id))
        self.hide()
        self.watching.emit()

    def _on_by_hand(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Open a connection file"), "", self.tr("Connection files (*.json)")
        )
        if path:
            self._run.attach(Path(path))
            self.hide()
            self.watching.emit()

    # ---- what is shown ----------------------------------------------------------------------------------

    def _on_chosen(self) -> None:
        item = self.list.currentItem()
        text = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        self.details.show_computer(None if text is None else self._computers.find(text))

    def _choose(self, text: str) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == text:
                self.list.setCurrentRow(row)

    def _refresh(self) -> None:
        chosen = self.list.currentItem()
        text = None if chosen is None else str(chosen.data(Qt.ItemDataRole.UserRole))
        self.list.blockSignals(True)
        self.list.clear()
        for computer in self._computers:
            words = f"{computer.address.text}\n{presence_name(computer.status.presence)}"
            item = QListWidgetItem(words, self.list)
            item.setSizeHint(_ROW)
            item.setData(Qt.ItemDataRole.UserRole, computer.address.text)
        self.list.blockSignals(False)
        if text is not None:
            self._choose(text)
        if self.list.currentItem() is None and self.list.count():
            self.list.setCurrentRow(0)
        self._on_chosen()
