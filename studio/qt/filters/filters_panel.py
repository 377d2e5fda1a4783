"""The filters of the chosen layer, now or at an earlier snapshot."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from studio.models.filters import FilterModel
from studio.models.mosaic import Normalisation
from studio.models.run import RunModel
from studio.qt.empty_note import EmptyNote
from studio.qt.filters.mosaic_view import MosaicArea
from studio.qt.filters.time_slider import TimeSlider
from studio.qt.labels import Label, ShortLabel
from studio.qt.texts import error_text


class FiltersPanel(QWidget):
    """Header, mosaic and time slider. Asks for weights only while it is visible."""

    train_requested = Signal()

    def __init__(self, model: FilterModel, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._run = run
        self._header = ShortLabel(rank="secondary")
        self._normalisation = QComboBox()
        self._area = MosaicArea(model)
        self.mosaic = self._area.view
        self.note = EmptyNote()
        self._pages = QStackedWidget()
        self.slider = TimeSlider()
        self.follow_button = QPushButton(self.tr("Follow"))
        self._build()
        self._connect()
        self._refresh()

    # ---- Building ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        normalisations: tuple[tuple[str, Normalisation], ...] = (
            (self.tr("Per layer"), "layer"),
            (self.tr("Per filter"), "filter"),
        )
        for title, normalisation in normalisations:
            self._normalisation.addItem(title, normalisation)
        self._normalisation.setToolTip(
            self.tr("Whose largest weight is black or white: the layer's, or each filter's own")
        )
        self._normalisation.setAccessibleName(self.tr("Normalisation"))
        self.slider.setAccessibleName(self.tr("Snapshot"))
        self.slider.setToolTip(self.tr("The filters at each kept snapshot, along the training loss"))
        self.follow_button.setCheckable(True)
        self.follow_button.setToolTip(self.tr("Always show the newest snapshot"))
        self._pages.addWidget(self._area)
        self._pages.addWidget(self.note)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(Label(self.tr("Filters"), "strong"))
        top.addWidget(self._header, 1)
        top.addWidget(self._normalisation)
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self.slider, 1)
        bottom.addWidget(self.follow_button, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self._pages, 1)
        column.addLayout(bottom)

    def _connect(self) -> None:
        self._normalisation.currentIndexChanged.connect(self._on_normalisation)
        self.slider.valueChanged.connect(self._model.show_snapshot)
        self.follow_button.clicked.connect(self._on_follow)
        self.note.triggered.connect(self.train_requested)
        self._model.target_changed.connect(self._refresh)
        self._model.weights_changed.connect(self._refresh)
        self._run.state_changed.connect(self._refresh)

    @property
    def header_text(self) -> str:
        """What is shown, in words; "" while there is nothing."""
        return self._header.full_text

    # ---- What happens -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._model.set_visible(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._model.set_visible(False)

    def _on_normalisation(self) -> None:
        self._model.set_normalisation(self._normalisation.currentData())

    def _on_follow(self, on: bool) -> None:
        if on:
            self._model.follow()
        else:
            self._model.show_snapshot(self.slider.value())

    def _refresh(self) -> None:
        has_weights = self._model.weights is not None and self._model.problem is None
        self._pages.setCurrentWidget(self._area if has_weights else self.note)
        self._normalisation.setVisible(has_weights)
        self._header.set_text(self._describe() if has_weights else "")
        if not has_weights:
            self._explain()
        self._refresh_slider()

    def _refresh_slider(self) -> None:
        count = len(self._model.snapshots)
        with QSignalBlocker(self.slider):
            self.slider.setVisible(count > 1)
            self.slider.setRange(0, max(0, count - 1))
            self.slider.setValue(self._model.index or 0)
        self.slider.show_losses(self._model.losses())
        self.follow_button.setVisible(count > 1)
        is_following = self._model.following
        self.follow_button.setChecked(is_following)
        self.follow_button.setText(self.tr("Following") if is_following else self.tr("Follow"))

    def _describe(self) -> str:
        shown, progress = self._model.shown, self._run.progress
        if shown is None:
            return ""
        filters, height, width, channels = shown.shape
        step = self.tr("step {step}").format(step=f"{shown.step:,}")
        if progress is not None:
            step = self.tr("step {step} of {total}").format(
                step=f"{shown.step:,}", total=f"{progress.total_steps:,}"
            )
        count = self.tr("{count} filters {height}×{width}×{channels}").format(
            count=filters, height=height, width=width, channels=channels
        )
        return " · ".join((shown.layer, count, self._normalisation.currentText().lower(), step))

    def _explain(self) -> None:
        """Say why there are no filters to be seen."""
        model, run = self._model, self._run
        if model.problem is not None:
            self.note.say(error_text(model.problem))
        elif run.network is not None and not model.layers:
            self.note.say(self.tr("This network has no convolution, so there are no filters to look at."))
        elif run.state.under_way:
            self.note.say(self.tr("The filters appear with the first snapshot."))
        else:
            self.note.say(
                self.tr("The filters of the selected convolution, as they emerge"), self.tr("Start training")
            )
