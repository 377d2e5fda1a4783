"""The commands that change the drawing: what they do, and when they can be done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from engine.graph.layer_graph import Wire
from studio.models import arranging, clipboard, commenting, editing, splicing, switching
from studio.models.connecting import best_wire
from studio.models.document import Document
from studio.models.lens import Lens
from studio.models.selection import Selection
from studio.qt.canvas.panel import CanvasPanel
from studio.qt.commands import Commands

_CONTEXT_MENU = (
    ("quick_add", "paste"),
    ("cut", "copy", "duplicate", "delete"),
    ("connect", "mute", "freeze", "comment"),
    ("align_x", "align_y", "distribute_x", "distribute_y"),
    ("lay_out", "fit_all", "select_all"),
)
"""What the menu of the canvas holds, where it can be done, in groups."""


class DesignCommands(QObject):
    """Works on the selection. ``said`` carries what a command had to say."""

    said = Signal(str)

    def __init__(
        self, document: Document, selection: Selection, canvas: CanvasPanel, window: QWidget
    ) -> None:
        super().__init__(window)
        self._document = document
        self._selection = selection
        self._canvas = canvas

    def slots(self) -> dict[str, Callable[[], object]]:
        """Return what each command does."""
        document, selection, view = self._document, self._selection, self._canvas.view
        return {
            "quick_add": view.search_here,
            "cut": self._cut,
            "copy": self._copy,
            "paste": self._paste,
            "duplicate": self._duplicate,
            "delete": self._delete,
            "delete_open": self._delete_open,
            "select_all": self._select_all,
            "connect": self._connect,
            "mute": lambda: switching.toggle_muted(document, selection.layers),
            "freeze": lambda: switching.toggle_frozen(document, selection.layers),
            "comment": self._comment,
            "align_x": lambda: arranging.align(document, selection.layers, "x"),
            "align_y": lambda: arranging.align(document, selection.layers, "y"),
            "distribute_x": lambda: arranging.distribute(document, selection.layers, "x"),
            "distribute_y": lambda: arranging.distribute(document, selection.layers, "y"),
            "lay_out": self._lay_out,
            **{f"lens_{lens}": partial(self._canvas.lens.choose, lens) for lens in Lens},
        }

    def enabled(self) -> dict[str, bool]:
        """Return which of those commands that are not always possible can be done now."""
        layers, has_any = self._selection.layers, not self._selection.is_empty
        has_layers = len(self._document.network.graph) > 0
        return {
            **dict.fromkeys(("cut", "copy", "duplicate"), bool(layers or self._selection.comments)),
            **dict.fromkeys(("delete", "delete_open"), has_any),
            **dict.fromkeys(("align_x", "align_y"), len(layers) > 1),
            **dict.fromkeys(("distribute_x", "distribute_y"), len(layers) > 2),
            **dict.fromkeys(("lay_out", "select_all"), has_layers),
            "mute": bool(switching.mutable(self._document, layers)),
            "freeze": bool(switching.freezable(self._document, layers)),
            "connect": bool(self._wires_along(layers)),
        }

    def open_menu(self, commands: Commands, place: QPoint) -> None:
        """Open the canvas's menu at a place of the screen, with what can be done now."""
        menu = QMenu(self._canvas)
        for group in _CONTEXT_MENU:
            possible = [commands[name] for name in group if commands[name].isEnabled()]
            if possible and menu.actions():
                menu.addSeparator()
            menu.addActions(possible)
        menu.exec(place)
        menu.deleteLater()

    # ---- the clipboard -----------------------------------------------------------------------------------

    def _copy(self) -> None:
        text = clipboard.copy(self._document.network, self._selection.layers, self._selection.comments)
        QGuiApplication.clipboard().setText(text)

    def _cut(self) -> None:
        self._copy()
        self._delete()

    def _paste(self) -> None:
        part = clipboard.read(QGuiApplication.clipboard().text())
        if part is None:
            self.said.emit(self.tr("The clipboard holds no layers."))
            return
        place = self._canvas.view.pointer_place()
        self._select_pasted(clipboard.paste(self._document, part, (place.x(), place.y())))

    def _duplicate(self) -> None:
        text = clipboard.copy(self._document.network, self._selection.layers, self._selection.comments)
        part = clipboard.read(text)
        if part is not None:
            self._select_pasted(clipboard.paste(self._document, part))

    def _select_pasted(self, names: tuple[list[str], list[str]]) -> None:
        layers, comments = names
        self._selection.select(layers, (), comments)

    # ---- the selection -----------------------------------------------------------------------------------

    def _select_all(self) -> None:
        network = self._document.network
        self._selection.select(network.graph, (), network.comments)

    def _delete(self) -> None:
        selected = self._selection
        splicing.remove_and_heal(self._document, selected.layers, selected.wires, selected.comments)

    def _delete_open(self) -> None:
        selected = self._selection
        wires = {
            wire
            for wire in self._document.network.graph.wires()
            if {wire.source, wire.target} & set(selected.layers)
        }
        splicing.remove_and_heal(self._document, selected.layers, wires | selected.wires, selected.comments)

    def _connect(self) -> None:
        wires = self._wires_along(self._selection.layers)
        if wires:
            editing.connect_all(self._document, wires)

    def _wires_along(self, layers: tuple[str, ...]) -> list[Wire]:
        """Return a wire from each selected layer to the next, in the order in which they were selected."""
        if len(layers) < 2:
            return []
        graph = self._document.network.graph.copy()
        wires = []
        for source, target in pairwise(layers):
            wire = best_wire(graph, source, target)
            if wire is None:
                return []
            before = graph.wire_into(target, wire.port)
            if before is not None:
                graph.disconnect(before)
            graph.connect(wire)
            wires.append(wire)
        return wires

    def _comment(self) -> None:
        place = self._canvas.view.pointer_place()
        name = commenting.add(self._document, "", (place.x(), place.y()), self._selection.layers)
        self._selection.select((), (), [name])
        self._canvas.view.write_comment(name)

    def _lay_out(self) -> None:
        editing.lay_out(self._document)
        self._canvas.view.show_network()
