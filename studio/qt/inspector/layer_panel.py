"""The inspector's page for one layer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from engine.errors import NetworkError
from engine.graph.mute import can_be_muted
from engine.layers.base import Layer
from studio.models import editing, switching
from studio.models.document import Document
from studio.models.quantities import short_count
from studio.models.unit import LAYERS as UNIT_LAYERS
from studio.models.unit import UnitChoice
from studio.qt import icons, theme
from studio.qt.inspector.facts import Facts
from studio.qt.inspector.form import FieldForm
from studio.qt.inspector.note import Note
from studio.qt.inspector.unit_picker import UnitPicker
from studio.qt.labels import Label, SectionTitle
from studio.qt.split.layer_place import PlaceEditor
from studio.qt.texts import error_text, expected_text, layer_text

_ICON = QSize(28, 28)


class LayerPanel(QWidget):
    """Shows and edits the layers of one kind, one at a time."""

    def __init__(
        self, document: Document, kind: type[Layer], unit: UnitChoice, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._kind = kind
        self._name = ""
        self._icon = QLabel()
        self.name_editor = QLineEdit()
        self.name_editor.setObjectName("name")
        self.name_editor.setAccessibleName(self.tr("Name"))
        self.name_editor.setToolTip(self.tr("The layer's name: letters, digits, “_” and “-”."))
        self.name_error = Note(rank="error")
        self.facts = Facts()
        self.problems = Note(rank="error")
        self.form = FieldForm(kind.specs())
        self.place = PlaceEditor(document)
        self.units = UnitPicker(document, unit) if issubclass(kind, UNIT_LAYERS) else None
        self.mute = QToolButton()
        self.mute.setObjectName("toggle")
        self.mute.setCheckable(True)
        self.mute.setToolTip(self.tr("Mute: the layer hands on what it gets"))
        self.mute.setAccessibleName(self.tr("Mute"))
        self.mute.clicked.connect(lambda: switching.toggle_muted(document, [self._name]))
        self._build()
        self.name_editor.editingFinished.connect(self._on_renamed)
        self.form.edited.connect(self._on_edited)

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        if self.units is not None:
            self.units.detach()

    def show_layer(self, name: str) -> None:
        """Show a layer of this panel's kind."""
        if name != self._name:
            self._name = name
            self.name_editor.setText(name)
            self.name_editor.setCursorPosition(0)
            self.name_error.say("")
        network = self._document.network
        self.form.show_inherited(network.training)
        self.form.show_record(network.graph[name])
        self.mute.setChecked(network.graph[name].muted)
        if self.units is not None:
            self.units.refresh()
        self.place.show_layer(name)
        self.facts.show_facts(self._facts())
        self._show_problems()

    def _build(self) -> None:
        kind = Label(layer_text(self._kind.title), "secondary")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.name_editor)
        words.addWidget(kind)
        header = QHBoxLayout()
        header.setSpacing(8)
        header.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        header.addLayout(words)
        if can_be_muted(self._kind):
            header.addWidget(self.mute, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(header)
        layout.addWidget(self.name_error)
        layout.addWidget(Note(layer_text(self._kind.summary)))
        layout.addWidget(self.problems)
        layout.addWidget(self.facts)
        if self.units is not None:
            layout.addWidget(self.units)
        layout.addWidget(self.place)
        layout.addWidget(self.form)
        layout.addWidget(SectionTitle(self.tr("Formula and source")))
        layout.addWidget(Note(layer_text(self._kind.formula)))
        layout.addWidget(Note(layer_text(self._kind.source), "secondary"))
        layout.addStretch()
        self._show_icon()

    def _facts(self) -> list[tuple[str, str]]:
        network, inspection = self._document.network, self._document.inspection
        layer = network.graph[self._name]
        facts = []
        for wire in network.graph.inputs(self._name):
            if wire.port < len(layer.inputs) and wire.source in inspection.outputs:
                port = layer_text(layer.inputs[wire.port].title)
                facts.append((port, str(inspection.outputs[wire.source])))
        output = inspection.outputs.get(self._name)
        if output is not None and not layer.is_cost:
            facts.append((self.tr("Output"), str(output)))
        cost = self._document.costs().get(self._name)
        if cost is not None and cost.weights:
            facts.append((self.tr("Weights"), short_count(cost.weights)))
            facts.append((self.tr("Biases"), short_count(cost.biases)))
        if cost is not None and cost.multiply_adds:
            facts.append((self.tr("Multiply-adds a picture"), short_count(cost.multiply_adds)))
        return facts

    def _show_problems(self) -> None:
        here = [problem for problem in self._document.inspection.problems if self._name in problem.layers]
        self.problems.say("\n".join(error_text(problem) for problem in here))
        at_fields = [problem for problem in here if problem.fields.get("field") in self.form.editors]
        self.form.show_misfits({str(each.fields["field"]): expected_text(each) for each in at_fields})

    def _on_edited(self, field: str, value: object, gesture: object) -> None:
        editing.set_fields(self._document, self._name, {field: value}, (self._name, gesture))

    def _on_renamed(self) -> None:
        name = self.name_editor.text().strip()
        if name == self._name or self._name not in self._document.network.graph:
            return
        try:
            editing.rename(self._document, self._name, name)
        except NetworkError as error:
            self.name_error.say(error_text(error))

    def _show_icon(self) -> None:
        colour = theme.family_colour(self._kind.family)
        self.mute.setIcon(icons.icon("muted", 20))
        self._icon.setPixmap(icons.pixmap(self._kind.kind, _ICON.width(), colour, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_icon()
