"""The form of the document's data settings."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QWidget

from engine.graph.settings import DataSettings
from engine.layers.fields import field_specs
from studio.models import editing
from studio.models.document import Document
from studio.qt.inspector.form import FieldForm


class DataForm(FieldForm):
    """Shows and edits which data set a network is trained on, and how its pictures are prepared."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(field_specs(DataSettings), has_headings=False, parent=parent)
        self._document = document
        self.edited.connect(self._on_edited)

    def show_settings(self) -> None:
        """Show the document's settings."""
        self.show_record(self._document.network.data)

    def _on_edited(self, field: str, value: object, gesture: object) -> None:
        settings = replace(self._document.network.data, **{field: value})  # type: ignore[arg-type]
        editing.set_data(self._document, settings, ("data", gesture))
