"""The drawer of runs: over the work, in every workspace."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ConvNetError
from engine.protocol.library import RunCard
from studio.models.runs import RunsModel, title_of
from studio.qt import icons
from studio.qt.empty_note import EmptyNote
from studio.qt.labels import Label, ProblemLabel
from studio.qt.runs.compare_view import CompareView
from studio.qt.runs.table import RunTable
from studio.qt.texts import error_text

WIDTH = 720
"""Of the drawer, px."""

QUESTION = 400
"""Width of what asks for a name or tags, px."""

RENEWED = 3000
"""Milliseconds between two looks for what became of the runs, while the drawer is open."""


class RunsDrawer(QFrame):
    """Lists, searches, names, tags and compares runs.

    What to open, run again or edit is for the window, which has the network and the run.
    """

    open_requested = Signal(object)
    again_requested = Signal(object)
    edit_requested = Signal(object)
    shown = Signal(bool)

    def __init__(self, runs: RunsModel, work: QWidget) -> None:
        """``work`` is what the drawer lies over."""
        super().__init__(work)
        self._work = work
        self._runs = runs
        self.search = QLineEdit()
        self.table = RunTable(runs)
        self.compare = CompareView(runs)
        self.note = EmptyNote()
        self.open_button = QPushButton(self.tr("Open"))
        self.again_button = QPushButton(self.tr("Run again"))
        self.edit_button = QPushButton(self.tr("Edit a copy"))
        self.more_button = QPushButton(self.tr("More"))
        self.trash_button = QPushButton()
        self.empty_button = QPushButton(self.tr("Empty the trash…"))
        self._problem = ProblemLabel()
        self._timer = QTimer(self, interval=RENEWED)
        self._build()
        self._connect()
        work.installEventFilter(self)
        self.hide()

    # ---- Building ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setObjectName("floating")
        self.setAutoFillBackground(True)
        self.search.setPlaceholderText(self.tr("Search by name, tag, state or device"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(self.tr("Search runs"))
        self.trash_button.setCheckable(True)
        close = self._close = QToolButton()
        close.setObjectName("flat")
        close.setIcon(icons.icon("close", 16))
        close.setToolTip(self.tr("Close the drawer (Esc)"))
        close.clicked.connect(self.hide)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(Label(self.tr("Runs"), "heading"))
        top.addWidget(self.search, 1)
        top.addWidget(self.empty_button)
        top.addWidget(self.trash_button)
        top.addWidget(close)
        self._more = QMenu(self)
        self.more_button.setMenu(self._more)
        self.open_button.setToolTip(self.tr("Show curves, filters and log of the run"))
        self.again_button.setToolTip(self.tr("Train the same network with the same settings once more"))
        self.edit_button.setToolTip(self.tr("Open the run's network, to change it and train it"))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.open_button, self.again_button, self.edit_button, self.more_button):
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(Label(self.tr("Check runs to compare them"), "secondary"))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._problem)
        column.addWidget(self.table, 1)
        column.addWidget(self.note, 1)
        column.addLayout(buttons)
        column.addWidget(self.compare, 2)

    def _connect(self) -> None:
        runs = self._runs
        self.search.textChanged.connect(runs.search)
        self.trash_button.toggled.connect(runs.show_trash)
        self.empty_button.clicked.connect(self._on_empty)
        self.table.selectionModel().selectionChanged.connect(self._refresh)
        self.table.opened.connect(self._on_open)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._on_context_menu)
        self.open_button.clicked.connect(self._on_open)
        self.again_button.clicked.connect(lambda: self._request(self.again_requested))
        self.edit_button.clicked.connect(lambda: self._request(self.edit_requested))
        self._more.aboutToShow.connect(self._fill_more)
        self._timer.timeout.connect(runs.refresh)
        runs.changed.connect(self._refresh)
        runs.compared_changed.connect(self._refresh)
        runs.refused.connect(self._on_refused)

    # ---- What happens -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit(True)
        self._place()
        self._problem.hide()
        self._runs.refresh()
        self._timer.start()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.shown.emit(False)
        self._timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_close"):
            self._close.setIcon(icons.icon("close", 16))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        work = self._work
        self.setGeometry(8, 8, min(WIDTH, work.width() - 16), work.height() - 16)

    def _refresh(self) -> None:
        runs, card = self._runs, self.table.selected()
        for button in (self.open_button, self.again_button, self.edit_button, self.more_button):
            button.setEnabled(card is not None)
        is_empty = not runs.found
        self.table.setVisible(not is_empty)
        self.note.setVisible(is_empty)
        if not runs.is_listed:
            self.note.say(self.tr("Looking for runs…"))
        elif runs.query:
            self.note.say(self.tr("No run matches the search."))
        elif runs.shows_trash:
            self.note.say(self.tr("The trash is empty."))
        else:
            self.note.say(self.tr("Each training becomes a run, which is kept here."))
        self.compare.setVisible(bool(runs.compared))
        self.trash_button.setText(self.tr("Trash ({count})").format(count=runs.trash_count))
        self.trash_button.setVisible(runs.shows_trash or runs.trash_count > 0)
        self.empty_button.setVisible(runs.shows_trash and runs.trash_count > 0)
        self.empty_button.setEnabled(runs.trash_count > runs.open_in_trash)
        self.empty_button.setToolTip(self._tell_open())

    def _request(self, signal: SignalInstance) -> None:
        card = self.table.selected()
        if card is not None:
            signal.emit(card)

    def _on_open(self) -> None:
        self._request(self.open_requested)

    def _on_context_menu(self, position: QPoint) -> None:
        if self.table.selected() is not None:
            self._fill_more()
            self._more.popup(self.table.viewport().mapToGlobal(position))

    def _fill_more(self) -> None:
        card = self.table.selected()
        self._more.clear()
        if card is None:
            return
        self._more.addAction(self.tr("Rename…"), lambda: self.rename(card))
        self._more.addAction(self.tr("Tags…"), lambda: self.tag(card))
        self._more.addSeparator()
        if card.in_trash:
            self._more.addAction(self.tr("Take out of the trash"), lambda: self._runs.throw_away(card, False))
        else:
            throw = self._more.addAction(self.tr("Move to the trash"), lambda: self._runs.throw_away(card))
            throw.setEnabled(card.connection is None or (card.state is not None and card.state.ended))

    def rename(self, card: RunCard) -> None:
        """Ask for another name of a run."""

        def rename(title: str) -> None:
            self._runs.rename(card, "" if title == card.name else title)

        self._ask(self.tr("Rename the run"), self.tr("Name"), title_of(card), rename)

    def tag(self, card: RunCard) -> None:
        """Ask for the tags of a run."""
        words = self.tr("Words, parted by spaces")
        self._ask(
            self.tr("Tags of the run"), words, " ".join(card.tags), lambda text: self._runs.tag(card, text)
        )

    def _ask(self, title: str, label: str, text: str, then: Callable[[str], None]) -> None:
        """Ask for a line of text, without holding up anything."""
        dialog = QInputDialog(self)
        dialog.setWindowTitle(title)
        dialog.setLabelText(label)
        dialog.setTextValue(text)
        dialog.resize(QUESTION, dialog.sizeHint().height())
        dialog.textValueSelected.connect(then)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_empty(self) -> None:
        question = self.tr("Runs in the trash: {count}. Remove them, and all in their folders, for good?")
        text = question.format(count=self._runs.trash_count - self._runs.open_in_trash)
        words = "\n\n".join(filter(None, (text, self._tell_open())))
        box = QMessageBox(QMessageBox.Icon.Warning, self.tr("Empty the trash"), words, parent=self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        remove = box.addButton(self.tr("Remove for good"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        remove.clicked.connect(self._runs.empty_trash)
        box.open()

    def _tell_open(self) -> str:
        """Say which runs stay in the trash, and what to do about it; "" where none does."""
        count = self._runs.open_in_trash
        words = self.tr(
            "Open runs stay in the trash: {count}. They can be removed once another run is shown."
        )
        return words.format(count=count) if count else ""

    def _on_refused(self, error: ConvNetError) -> None:
        self._problem.say(error_text(error))
