"""The workspaces *Data*, *Design* and *Train*: what of the window is shown in each."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter, QWidget

from studio.qt.canvas.pan_zoom_view import Place
from studio.qt.canvas.panel import CanvasPanel
from studio.qt.commands import Commands
from studio.qt.docks import Docks
from studio.qt.window_memory import Workspace


class Workspaces:
    """Goes from one workspace to another; each shows the part of the network that was seen in it last."""

    def __init__(
        self,
        window: QMainWindow,
        commands: Commands,
        docks: Docks,
        canvas: CanvasPanel,
        splitter: QSplitter,
        *,
        train_view: QWidget,
        data_view: QWidget,
    ) -> None:
        self._window, self._commands, self._docks = window, commands, docks
        self._canvas, self._splitter = canvas, splitter
        self._train_view, self._data_view = train_view, data_view
        self.current: Workspace = "design"
        self._places: dict[Workspace, Place | None] = {}

    def show(self, workspace: Workspace) -> None:
        """Go to a workspace."""
        view = self._canvas.view
        self._places[self.current] = view.place()
        self.current = workspace
        is_design = workspace == "design"
        focus, data = QApplication.focusWidget(), self._data_view
        had_focus = focus is not None and (focus is data or data.isAncestorOf(focus))
        if not is_design:
            self._docks.keep_widths()
        self._data_view.setVisible(workspace == "data")
        self._splitter.setVisible(workspace != "data")
        self._train_view.setVisible(workspace == "training")
        self._docks.show_sides(is_design)
        self._docks.problems.setVisible(is_design and self._commands["problems"].isChecked())
        if is_design:
            # The docks get their room back only once the window knows that the training view needs none.
            for part in (self._splitter, self._window.centralWidget(), self._window):
                QCoreApplication.sendPostedEvents(part, QEvent.Type.LayoutRequest.value)
            self._docks.take_widths()
        self._commands[workspace].setChecked(True)
        if workspace == "data":
            self._data_view.setFocus(Qt.FocusReason.OtherFocusReason)
        elif had_focus:  # else the first button of the tool bar would get it
            view.setFocus(Qt.FocusReason.OtherFocusReason)
        view.go_to(self._places.get(workspace))

    def forget_places(self) -> None:
        """Show a network whole, since it is another one."""
        self._places.clear()
