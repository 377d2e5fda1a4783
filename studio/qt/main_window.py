"""The studio's window: the network with its tools, and the training beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QSplitter, QVBoxLayout, QWidget

from engine.errors import ConvNetError, NetworkError
from studio.models import editing
from studio.models.computers import Computers
from studio.models.document import Document
from studio.models.forecast import ForecastModel
from studio.models.problem_marks import mark_problems
from studio.models.run import RunModel
from studio.models.selection import Selection
from studio.models.unit import UnitChoice
from studio.qt import theme_switch
from studio.qt.banner import Banner
from studio.qt.canvas.panel import CanvasPanel
from studio.qt.cheat_sheet import CheatSheet
from studio.qt.command_palette import CommandPalette
from studio.qt.command_states import CommandStates
from studio.qt.commands import Commands
from studio.qt.design_commands import DesignCommands
from studio.qt.docks import Docks
from studio.qt.drops import Drops
from studio.qt.files import Files
from studio.qt.history_dialog import HistoryDialog
from studio.qt.inspector.inspector import Inspector
from studio.qt.language_switch import LanguageSwitch
from studio.qt.palette import Palette
from studio.qt.problems_panel import ProblemsPanel
from studio.qt.run_controls import DevicePicker, RunProgress
from studio.qt.run_network import RunNetwork
from studio.qt.split.split_button import SplitButton
from studio.qt.status import Status
from studio.qt.texts import error_text
from studio.qt.theme_switch import ThemeSwitch
from studio.qt.tool_bar import ToolBar
from studio.qt.window_memory import WindowMemory, Workspace
from studio.qt.workspaces import Workspaces

if TYPE_CHECKING:
    from studio.qt.computers.dialog import ComputersDialog


class MainWindow(QMainWindow):
    """Composes the workspaces *Data*, *Design* and *Train*; the caller makes the views of two of them."""

    runs_toggled = Signal()
    """The drawer of runs shall open, or close."""

    def __init__(
        self,
        document: Document,
        selection: Selection,
        run: RunModel,
        computers: Computers,
        make_train_view: Callable[[QWidget], QWidget],
        *,
        make_data_view: Callable[[QWidget], QWidget] = QWidget,
        forecast: ForecastModel | None = None,
    ) -> None:
        super().__init__()
        self.document, self.selection, self.run = document, selection, run
        self.computers = computers
        self._computers_dialog: ComputersDialog | None = None
        theme_switch.dress()
        self.commands = Commands(self)
        self.theme = ThemeSwitch(self.commands, self)
        self.files = Files(document, self)
        self.work = QWidget()
        self.banner = Banner()
        forecast = forecast or ForecastModel(document)
        self.unit = UnitChoice(document, selection)
        self.canvas = CanvasPanel(document, selection, forecast, self.unit)
        self.design = DesignCommands(document, selection, self.canvas, self)
        self.drops = Drops(document, self.files, self)
        self.palette_panel = Palette()
        self.inspector = Inspector(document, selection, self.unit)
        self.problems = ProblemsPanel(document)
        self.device_picker = DevicePicker(run, computers, document)
        self.split_button = SplitButton(document, run, forecast, self.device_picker)
        self.run_progress = RunProgress(run)
        self._run_network = RunNetwork(document, run, self)
        self.status = Status(document, run, self.commands["problems"])
        self.train_view = make_train_view(self)
        self.data_view = make_data_view(self)
        self.history: HistoryDialog | None = None
        self._is_closed = False
        self.is_handed_over = False
        self._build()
        self._connect_commands()
        self._connect_models()
        self._memory = WindowMemory(self, self._splitter)
        self._memory.restore()
        self.show_workspace(self._memory.workspace)
        self._states = CommandStates(
            self.commands, self.design, document, selection, run, lens=self.canvas.lens
        )
        self._on_file_changed()
        self.language = LanguageSwitch(self.commands, self)

    # ---- building ----------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setObjectName("main")
        self.setMinimumSize(960, 560)
        self.resize(1366, 768)
        column = QVBoxLayout(self.work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.canvas)
        self._splitter.addWidget(self.train_view)
        self._splitter.setStretchFactor(1, 1)
        column.addWidget(self.banner)
        column.addWidget(self._splitter, 1)
        column.addWidget(self.data_view, 1)
        self.setCentralWidget(self.work)
        self.docks = Docks(self, self.palette_panel, self.inspector, self.problems)
        self._workspaces = Workspaces(
            self,
            self.commands,
            self.docks,
            self.canvas,
            self._splitter,
            train_view=self.train_view,
            data_view=self.data_view,
        )
        self.commands.fill_menus(self.menuBar(), self.files)
        self.addToolBar(
            ToolBar(
                self.commands,
                self.files,
                split=self.split_button,
                device=self.device_picker,
                progress=self.run_progress,
                parent=self,
            )
        )
        self.setStatusBar(self.status)

    def _connect_commands(self) -> None:
        view = self.canvas.view
        slots: dict[str, Callable[[], object]] = {
            "new": self.files.new,
            "open": self.files.open,
            "import": self.files.import_network,
            "save": self.files.save,
            "save_as": self.files.save_as,
            "export": lambda: self.files.export(self.canvas.scene),
            "quit": self.close,
            "undo": self.document.undo,
            "redo": self.document.redo,
            "history": self._show_history,
            "data": lambda: self.show_workspace("data"),
            "design": lambda: self.show_workspace("design"),
            "training": lambda: self.show_workspace("training"),
            "runs": self.runs_toggled.emit,
            "go_canvas": self._go_to_canvas,
            "go_palette": self._go_to_palette,
            "zoom_in": view.zoom_in,
            "zoom_out": view.zoom_out,
            "fit_all": view.fit_all,
            "fit_selection": view.fit_selection,
            "light": lambda: self.theme.choose("light"),
            "dark": lambda: self.theme.choose("dark"),
            "system": lambda: self.theme.choose("system"),
            "problems": lambda: self.show_problems(self.docks.problems.isHidden()),
            "reset_layout": self.reset_layout,
            "english": lambda: self.language.choose("en"),
            "japanese": lambda: self.language.choose("ja"),
            "settings": self._show_settings,
            "find_command": lambda: CommandPalette(self.commands, self).open(),
            "keys": lambda: CheatSheet(self).open(),
            "train": self.start_training,
            "pause": self.run.pause,
            "resume": self.run.resume,
            "stop": self.run.stop,
            "checkpoint": self.run.checkpoint,
            "computers": self.show_computers,
            "test": self.run.test,
        }
        self.commands.connect_all(slots | self.design.slots(), canvas=self.canvas)

    def _connect_models(self) -> None:
        self.document.changed.connect(self._on_document_changed)
        self.document.file_changed.connect(self._on_file_changed)
        self.run.refused.connect(self._on_refused)
        self.device_picker.computers_requested.connect(self.show_computers)
        self.palette_panel.chosen.connect(self._on_layer_chosen)
        self.problems.chosen.connect(self._on_problem_chosen)
        start = self.canvas.start_page
        self.canvas.start_shown.connect(self.inspector.show_start)
        self.inspector.show_start(not start.isHidden())
        start.example_chosen.connect(self.files.new_from_example)
        start.recent_chosen.connect(self.files.open_path)
        self.files.recent.changed.connect(lambda: start.show_recent(self.files.recent.paths))
        start.show_recent(self.files.recent.paths)
        self.canvas.view.activated.connect(self._on_layer_activated)
        view = self.canvas.view
        view.menu_wanted.connect(lambda place: self.design.open_menu(self.commands, place))
        self.design.said.connect(self.status.say)
        self.drops.data_taken.connect(self.banner.hide)
        self.drops.data_taken.connect(lambda: self.show_workspace("data"))
        self.drops.said.connect(self.status.say)
        self.drops.failed.connect(self.banner.say)
        self.files.failed.connect(self.banner.say)
        self.files.done.connect(self.status.say)

    def _disconnect_models(self) -> None:
        self.document.changed.disconnect(self._on_document_changed)
        self.document.file_changed.disconnect(self._on_file_changed)
        self.run.refused.disconnect(self._on_refused)
        devices = (self.split_button, self.device_picker, self.run_progress)
        for part in (self.canvas, self.inspector, self.problems, *devices):
            part.detach()
        for listener in (self.status, self.unit, self._states, self._run_network):
            listener.detach()
        if self._computers_dialog is not None:
            self._computers_dialog.detach()
        if self.history is not None:
            self.history.detach()

    # ---- what the window remembers -----------------------------------------------------------------------

    def reset_layout(self) -> None:
        """Put all panels back to where they belong, with their first sizes."""
        self._memory.reset()
        self.docks.reset_widths()
        self.show_problems(False)
        self.show_workspace(self.workspace)

    def remember(self) -> None:
        """Keep the layout for the next start."""
        self._memory.keep(self.workspace)

    def hand_over(self) -> None:
        """Close without a question: what is open is shown by another window from now on."""
        self.is_handed_over = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.is_handed_over and not self.files.may_leave():
            event.ignore()
            return
        if not self._is_closed:
            self._is_closed = True
            self.remember()
            self._disconnect_models()
        event.accept()

    # ---- commands ----------------------------------------------------------------------------------------

    @property
    def workspace(self) -> Workspace:
        """The workspace that is shown."""
        return self._workspaces.current

    def show_workspace(self, workspace: Workspace) -> None:
        """Go to a workspace."""
        self._workspaces.show(workspace)

    def show_problems(self, is_shown: bool) -> None:
        """Show or hide the list of problems; it belongs to the design workspace."""
        self.commands["problems"].setChecked(is_shown)
        if is_shown and self.workspace != "design":
            self.show_workspace("design")
        self.docks.problems.setVisible(is_shown)

    def show_computers(self) -> None:
        """Show the window of the other computers."""
        from studio.qt.computers.dialog import ComputersDialog

        if self._computers_dialog is None:
            self._computers_dialog = ComputersDialog(self.computers, self.run, self)
            self._computers_dialog.watching.connect(lambda: self.show_workspace("training"))
        self._computers_dialog.show()
        self._computers_dialog.raise_()

    def start_training(self) -> None:
        """Train the network as it is drawn; where it has problems, show them instead."""
        if not self.run.can_train:
            return
        if self.document.inspection.problems:
            self.show_problems(True)
            self.banner.say(
                self.tr("The network cannot be trained yet. The list below says what is missing.")
            )
            return
        self.banner.hide()
        place = self.device_picker.place
        self.run.train(self.document, place.device, place.computer)
        self.show_workspace("training")

    def _go_to_canvas(self) -> None:
        if not self.canvas.isVisible():
            self.show_workspace("design")
        self.canvas.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _go_to_palette(self) -> None:
        self.show_workspace("design")
        self.palette_panel.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.palette_panel.search.selectAll()

    def _show_history(self) -> None:
        if self.history is None:
            self.history = HistoryDialog(self.document, self)
        self.history.show()
        self.history.activateWindow()

    def _show_settings(self) -> None:
        self.show_workspace("design")
        self.selection.clear()

    # ---- what happens ------------------------------------------------------------------------------------

    def _on_document_changed(self) -> None:
        self.setWindowModified(self.document.dirty)

    def _on_file_changed(self) -> None:
        self.banner.hide()
        self._workspaces.forget_places()
        name = self.document.name or self.tr("Untitled")
        self.setWindowTitle(f"{name}[*] – ConvNet Studio")
        self.setWindowFilePath(str(self.document.path) if self.document.path else "")
        self.setWindowModified(self.document.dirty)

    def _on_refused(self, error: ConvNetError) -> None:
        self.banner.say(error_text(error))

    def _on_layer_chosen(self, kind: str) -> None:
        """Add a layer below the selected one, or in the middle of what is seen."""
        after = self.selection.layer
        if after is None:
            name = editing.add_layer(self.document, kind, self.canvas.view.free_middle())
        else:
            name = editing.append_layer(self.document, kind, after)
        self.selection.select([name])
        self.canvas.view.reveal(name)
        if not self.palette_panel.search.hasFocus():
            self._go_to_canvas()

    def _on_layer_activated(self) -> None:
        self.show_workspace("design")
        self.inspector.focus_field(None)

    def _on_problem_chosen(self, problem: NetworkError) -> None:
        graph = self.document.network.graph
        layers = [name for name in problem.layers if name in graph]
        self.selection.select(layers, mark_problems(graph, [problem]).wires)
        if layers:
            self.canvas.view.reveal(layers[0])
        if problem.field is not None:
            self.inspector.focus_field(problem.field)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.canvas.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "commands"):
            self.commands.show_icons()
