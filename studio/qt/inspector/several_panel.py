"""The inspector's page for several layers: what they cost together, and the fields that all of them have."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.layers.base import Cost, Layer
from engine.layers.fields import FieldSpec
from studio.models import editing
from studio.models.document import Document
from studio.models.quantities import short_count
from studio.qt.inspector.facts import Facts
from studio.qt.inspector.form import FieldForm
from studio.qt.inspector.note import Note
from studio.qt.labels import Label


class SeveralPanel(QWidget):
    """Shows and edits several layers at once; what is typed counts for all of them."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._names: list[str] = []
        self._kinds: frozenset[type[Layer]] = frozenset()
        self._title = Label(rank="heading")
        self.facts = Facts()
        self._note = Note()
        self.form: FieldForm | None = None
        self._form_place = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for part in (self._title, self.facts, self._note):
            layout.addWidget(part)
        layout.addLayout(self._form_place)
        layout.addStretch()

    def show_layers(self, names: list[str]) -> None:
        """Show the sum over some layers, and their common fields."""
        self._names = names
        costs = self._document.costs()
        total = sum((costs[name] for name in names if name in costs), Cost())
        self._title.setText(self.tr("{count} layers").format(count=len(names)))
        self.facts.show_facts(
            [
                (self.tr("Weights"), short_count(total.weights + total.biases)),
                (self.tr("Multiply-adds a picture"), short_count(total.multiply_adds)),
            ]
        )
        layers = [self._document.network.graph[name] for name in names]
        self._make_form(frozenset(map(type, layers)))
        if self.form is not None:
            self.form.show_inherited(self._document.network.training)
            self.form.show_record(layers[0])
            self.form.show_mixed({name for name in self.form.editors if _differ(layers, name)})

    def _make_form(self, kinds: frozenset[type[Layer]]) -> None:
        """Make a form for the fields that all of these kinds have."""
        if kinds == self._kinds:
            return
        self._kinds = kinds
        if self.form is not None:
            self.form.hide()
            self.form.deleteLater()
        self.form = FieldForm(_common_specs(kinds))
        self.form.edited.connect(self._on_edited)
        self._form_place.addWidget(self.form)
        has_fields = bool(self.form.editors)
        self._note.say(
            self.tr("What you change here is changed in all of them.")
            if has_fields
            else self.tr("These layers have no fields in common.")
        )

    def _on_edited(self, field: str, value: object, gesture: object) -> None:
        gesture = (tuple(self._names), gesture)
        editing.set_fields_of(self._document, self._names, {field: value}, gesture)


def _common_specs(kinds: frozenset[type[Layer]]) -> dict[str, FieldSpec]:
    first, *others = (kind.specs() for kind in sorted(kinds, key=lambda kind: kind.kind))
    return {name: spec for name, spec in first.items() if all(spec == each.get(name) for each in others)}


def _differ(layers: list[Layer], field: str) -> bool:
    return any(getattr(layer, field) != getattr(layers[0], field) for layer in layers)
