"""The panel in which a split is chosen: how many devices, which preset, what each device will have to do."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.graph.presets import Preset
from engine.graph.split import Scheme, Updates
from engine.protocol.problems import words_of
from studio.models import splitting
from studio.models.document import Document
from studio.models.forecast import ForecastModel
from studio.models.quantities import short_bytes
from studio.models.splitting import MOST_DEVICES, split_of
from studio.qt.device_marks import swatch
from studio.qt.inspector.note import Note
from studio.qt.labels import Label
from studio.qt.run_controls import DevicePicker
from studio.qt.spin_box import SpinBox
from studio.qt.texts import error_text, words_text

_WIDTH = 392
_SWATCH = QSize(24, 14)

PRESET_TEXTS: dict[Preset, tuple[str, str]] = {
    "data": ("Data", "Each device trains the whole network on its share of the examples"),
    "model": ("Model", "Each device has its share of the filters and outputs of every layer"),
    "hybrid": ("Hybrid", "Convolutions share out the examples, fully connected layers their outputs"),
}
SCHEME_TEXTS: dict[Scheme, tuple[str, str]] = {
    "a": ("a", "Every device assembles the whole batch for the fully connected layers: one pass"),
    "b": ("b", "One device at a time hands its examples to all: as many passes as devices"),
    "c": ("c", "In each pass everyone hands some of its examples to all: as many passes as devices"),
}


class SplitPanel(QFrame):
    """A popup; what is chosen in it is an edit of the document, which can be undone."""

    def __init__(
        self, document: Document, forecast: ForecastModel, picker: DevicePicker, parent: QWidget
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popup")
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._document, self._forecast, self._picker = document, forecast, picker
        self.count = SpinBox()
        self.count.setRange(1, MOST_DEVICES)
        self.count.setAccessibleName(self.tr("Number of devices"))
        self.presets: dict[Preset, QPushButton] = {}
        self.schemes: dict[Scheme, QPushButton] = {}
        self.each_pass = QCheckBox(self.tr("Update fully connected layers after each pass"))
        self._explanation = Note(rank="secondary")
        self._rows = QGridLayout()
        self.notes = Note(rank="secondary")
        self.problem = Note(rank="error")
        self._build()
        self.count.valueChanged.connect(self._on_count)
        self.each_pass.clicked.connect(lambda _=False: self._on_scheme(split_of(self._document).scheme))
        document.changed.connect(self.refresh)
        forecast.changed.connect(self.refresh)
        picker.currentIndexChanged.connect(self.refresh)
        self.refresh()

    def detach(self) -> None:
        """Listen to the models no more; for when the window closes."""
        self._document.changed.disconnect(self.refresh)
        self._forecast.changed.disconnect(self.refresh)

    def _build(self) -> None:
        self.setFixedWidth(_WIDTH)
        count = QHBoxLayout()
        count.addWidget(QLabel(self.tr("Devices")))
        count.addStretch()
        count.addWidget(self.count)
        presets = QHBoxLayout()
        group = QButtonGroup(self)
        for preset, (title, help_text) in PRESET_TEXTS.items():
            self.presets[preset] = self._choice(title, help_text, group, presets)
            self.presets[preset].clicked.connect(lambda _=False, preset=preset: self._on_preset(preset))
        schemes = QHBoxLayout()
        self._scheme_title = QLabel(self.tr("Scheme"))
        schemes.addWidget(self._scheme_title)
        schemes.addStretch()
        group = QButtonGroup(self)
        for scheme, (title, help_text) in SCHEME_TEXTS.items():
            self.schemes[scheme] = self._choice(title, help_text, group, schemes)
            self.schemes[scheme].clicked.connect(lambda _=False, scheme=scheme: self._on_scheme(scheme))
        self._rows.setHorizontalSpacing(12)
        self._rows.setVerticalSpacing(4)
        self._rows.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(count)
        layout.addLayout(presets)
        layout.addLayout(schemes)
        layout.addWidget(self.each_pass)
        layout.addWidget(self._explanation)
        layout.addLayout(self._rows)
        layout.addWidget(self.problem)
        layout.addWidget(self.notes)

    def _choice(self, title: str, help_text: str, group: QButtonGroup, row: QHBoxLayout) -> QPushButton:
        button = QPushButton(self.tr(title))
        button.setCheckable(True)
        button.setToolTip(self.tr(help_text))
        group.addButton(button)
        row.addWidget(button)
        return button

    # ---- what is chosen ----------------------------------------------------------------------------------

    def _on_count(self, count: int) -> None:
        split = split_of(self._document)
        if count == len(split.devices):
            return
        if count == 1:
            splitting.use_one_device(self._document)
        else:
            preset = splitting.preset_of(self._document) or "data"
            splitting.use_preset(self._document, preset, count, split.scheme, split.updates)

    def _on_preset(self, preset: Preset) -> None:
        splitting.use_preset(self._document, preset, max(2, self.count.value()), "a")

    def _on_scheme(self, scheme: Scheme) -> None:
        updates: Updates = "pass" if self.each_pass.isChecked() and scheme != "a" else "step"
        splitting.use_preset(self._document, "hybrid", self.count.value(), scheme, updates)

    # ---- what is shown -----------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the document's split, and what is forecast for it."""
        split = split_of(self._document)
        preset = splitting.preset_of(self._document) if len(split.devices) > 1 else None
        self.count.blockSignals(True)
        self.count.setValue(len(split.devices))
        self.count.blockSignals(False)
        for buttons, chosen in ((self.presets, preset), (self.schemes, split.scheme)):
            for name, button in buttons.items():
                button.group().setExclusive(False)
                button.setChecked(name == chosen)
                button.group().setExclusive(True)
        is_hybrid = preset == "hybrid"
        for widget in (self._scheme_title, *self.schemes.values()):
            widget.setVisible(is_hybrid)
        self.each_pass.setVisible(is_hybrid and split.scheme != "a")
        self.each_pass.setChecked(split.updates == "pass")
        self._explanation.say(self._explain(preset))
        self._show_rows()
        self.problem.say("" if self._forecast.problem is None else error_text(self._forecast.problem))
        self.notes.say(self._notes())
        self.adjustSize()

    def _explain(self, preset: Preset | None) -> str:
        split = split_of(self._document)
        if len(split.devices) == 1:
            return self.tr("Split the layers over several devices. It never changes what is learnt.")
        if preset is None:
            return self.tr("Each layer is placed as its inspector says.")
        words = [self.tr(PRESET_TEXTS[preset][1])]
        if preset == "hybrid":
            words.append(self.tr(SCHEME_TEXTS[split.scheme][1]))
        return ". ".join(words) + "."

    def _show_rows(self) -> None:
        """Show a row for each device: its mark, what it is, its memory, and what it sends in a step."""
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        split, forecast = split_of(self._document), self._forecast.forecast
        if len(split.devices) == 1:
            return
        for column, title in enumerate(("", "", self.tr("memory"), self.tr("sent a step"))):
            self._rows.addWidget(Label(title, "secondary"), 0, column, Qt.AlignmentFlag.AlignRight)
        for row, (name, real) in enumerate(zip(split.devices, self._picker.real_devices, strict=False), 1):
            mark = QLabel()
            mark.setPixmap(swatch(row - 1, _SWATCH, self.devicePixelRatioF()))
            self._rows.addWidget(mark, row, 0)
            self._rows.addWidget(QLabel(f"{name} · {real}"), row, 1)
            device = None if forecast is None or row > len(forecast.devices) else forecast.devices[row - 1]
            facts = ("…", "…") if device is None else (short_bytes(device.memory), short_bytes(device.sent))
            for column, words in enumerate(facts, 2):
                self._rows.addWidget(QLabel(words), row, column, Qt.AlignmentFlag.AlignRight)

    def _notes(self) -> str:
        forecast = self._forecast.forecast
        notes = [] if forecast is None else [words_text(words_of(note)) for note in forecast.notes]
        if len(split_of(self._document).devices) > 1 and self._picker.place.device.startswith("cpu"):
            notes.append(self.tr("Ranks on the CPU teach and test; they do not make training faster."))
        return "\n".join(notes)
