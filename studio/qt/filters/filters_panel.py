"""The filters of the chosen layer, now or at an earlier snapshot."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.models.filters import FilterModel
from studio.models.mosaic import Normalisation
from studio.models.pictured import Page
from studio.models.run import RunModel
from studio.qt.dashboard.export import export_picture
from studio.qt.empty_note import EmptyNote
from studio.qt.filters.enlarged import EnlargedTile
from studio.qt.filters.mosaic_view import MosaicArea
from studio.qt.filters.time_bar import TimeBar
from studio.qt.filters.tone_scale import ToneScale
from studio.qt.labels import ShortLabel
from studio.qt.spin_box import SpinBox
from studio.qt.texts import error_text


class FiltersPanel(QWidget):
    """Header, mosaic and time slider. Asks for weights only while it is visible."""

    train_requested = Signal()
    fork_requested = Signal(int)

    def __init__(self, model: FilterModel, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._run = run
        self._header = ShortLabel(rank="secondary")
        self._filter, self._channel = SpinBox(), SpinBox()
        self._normalisation = QComboBox()
        self.change_button = QPushButton(self.tr("Change since"))
        self.export_button = QPushButton(self.tr("PNG…"))
        self._area = MosaicArea(model)
        self.mosaic = self._area.view
        self.enlarged = EnlargedTile()
        self._number: int | None = None  # of the tile that is enlarged
        self.reading = ShortLabel(rank="secondary")
        self.scale = ToneScale()
        self.note = EmptyNote()
        self._pages = QStackedWidget()
        self.time = TimeBar(model)
        self._build()
        self._connect()
        self._read_out("")
        self._refresh()

    # ---- Building ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        normalisations: tuple[tuple[str, Normalisation], ...] = (
            (self.tr("Per layer"), "layer"),
            (self.tr("Per filter"), "filter"),
            (self.tr("Over all"), "all"),
        )
        for title, normalisation in normalisations:
            self._normalisation.addItem(title, normalisation)
        self._normalisation.setToolTip(
            self.tr(
                "Whose largest weight is black or white: the layer's, each filter's, or that of all layers"
            )
        )
        self._normalisation.setAccessibleName(self.tr("Normalisation"))
        self._filter.setToolTip(self.tr("The first filter that is shown; the only one of a local layer"))
        self._filter.setAccessibleName(self.tr("First filter"))
        self._filter.setPrefix(self.tr("Filter "))
        self._channel.setToolTip(self.tr("The first input channel that is shown"))
        self._channel.setAccessibleName(self.tr("First input channel"))
        self._channel.setPrefix(self.tr("Channel "))
        self.change_button.setCheckable(True)
        self.change_button.setToolTip(self.tr("Show how the weights changed from this step until now"))
        self.export_button.setToolTip(self.tr("Save the filters as a picture"))
        for page in (self._area, self.enlarged, self.note):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._build_top())
        column.addWidget(self._pages, 1)
        column.addLayout(self._build_reading())
        column.addWidget(self.time)

    def _build_top(self) -> QHBoxLayout:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._header, 1)
        self._tools = (self._normalisation, self.change_button, self.export_button)
        for widget in self._tools:
            top.addWidget(widget)
        return top

    def _build_reading(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.reading, 1)
        row.addWidget(self._filter)
        row.addWidget(self._channel)
        row.addWidget(self.scale)
        return row

    def _connect(self) -> None:
        self._normalisation.currentIndexChanged.connect(self._on_normalisation)
        for spin in (self._filter, self._channel):
            spin.valueChanged.connect(self._on_page)
        self.change_button.toggled.connect(self._model.show_change)
        self.export_button.clicked.connect(self._on_export)
        self.mosaic.tile_clicked.connect(self.enlarge)
        for view in (self.mosaic, self.enlarged):
            view.pointed_at.connect(self._read_out)
        self.enlarged.closed.connect(lambda: self.enlarge(None))
        self.enlarged.stepped.connect(self._on_stepped)
        self.time.fork_requested.connect(self.fork_requested)
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
        self.time.play.halt()
        self._model.set_visible(False)

    def enlarge(self, number: int | None) -> None:
        """Show one tile alone, or all again."""
        self._number = number
        self._refresh()
        self._read_out("")
        shown = self.mosaic if number is None else self.enlarged
        shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def _read_out(self, words: str) -> None:
        """Say what is pointed at, or how to."""
        hint = self.tr("Point at a weight to read it; a click enlarges its filter")
        if self._number is not None:
            hint = self.tr("Click to go back; arrow keys for the neighbours")
        self.reading.set_text(words or hint)

    def _on_stepped(self, by: int) -> None:
        if self._number is not None and self.mosaic.tile(self._number + by) is not None:
            self.enlarge(self._number + by)

    def _on_normalisation(self) -> None:
        self._model.set_normalisation(self._normalisation.currentData())

    def _on_page(self) -> None:
        self._model.show_from(self._filter.value() - 1, self._channel.value() - 1)

    def _on_export(self) -> None:
        picture, shown = self.mosaic.picture(), self._model.shown
        if picture is None or shown is None:
            return
        export_picture(self, f"{shown.layer}-step-{shown.step}.png", picture)

    # ---- Mirroring the model ----------------------------------------------------------------------------

    def _refresh(self) -> None:
        page = None if self._model.problem is not None else self._model.page
        for tool in (*self._tools, self.reading, self.scale):
            tool.setVisible(page is not None)
        self._header.set_text(self._describe(page) if page is not None else "")
        if page is None:
            self._explain()
            self._pages.setCurrentWidget(self.note)
            self._filter.hide()
            self._channel.hide()
        else:
            self._show_page(page)
        self.time.refresh()

    def _show_page(self, page: Page) -> None:
        self.mosaic.refresh()
        tile = None if self._number is None else self.mosaic.tile(self._number)
        if self._number is not None and tile is not None:
            self.enlarged.show_tile(tile, page, self._number, self.mosaic.describe_tile(self._number))
        self.scale.show_largest(self.mosaic.largest(None if tile is None else self._number))
        self._pages.setCurrentWidget(self._area if tile is None else self.enlarged)
        for spin, first, shown, count in (
            (self._filter, page.first_filter, page.shown_filters, page.filters),
            (self._channel, page.first_channel, page.shown_channels, page.channels),
        ):
            with QSignalBlocker(spin):
                spin.setRange(1, count)
                spin.setSingleStep(max(1, shown))
                spin.setValue(first + 1)
            spin.setVisible(shown < count)

    def _describe(self, page: Page) -> str:
        shown = self._model.shown
        assert shown is not None
        step = self.tr("step {step}").format(step=f"{shown.step:,}")
        window = self._model.layers[shown.layer].window
        count = self.tr("{count} filters {window}").format(
            count=f"{page.filters:,}", window="×".join(map(str, window))
        )
        if self._model.shows_change:
            step = self.tr("change since step {step}").format(step=f"{shown.step:,}")
        return " · ".join((shown.layer, count, step, *self._describe_cut(page)))

    def _describe_cut(self, page: Page) -> list[str]:
        """What is not shown, since it would be too much at once."""
        words = []
        if page.shown_filters < page.filters:
            words.append(
                self.tr("{some} of {all} shown").format(
                    some=f"{page.shown_filters:,}", all=f"{page.filters:,}"
                )
            )
        if page.shown_channels < page.channels:
            words.append(
                self.tr("{some} of {all} channels").format(
                    some=f"{page.shown_channels:,}", all=f"{page.channels:,}"
                )
            )
        return words

    def _explain(self) -> None:
        """Say why there are no filters to be seen."""
        model, run = self._model, self._run
        if model.problem is not None:
            self.note.say(error_text(model.problem), is_problem=True)
        elif run.record.network is not None and not model.layers:
            self.note.say(self.tr("No layer of this network sees pictures, so there are no filters."))
        elif run.state.under_way:
            self.note.say(self.tr("The filters appear with the first snapshot."))
        elif run.record.has_begun:
            self.note.say(self.tr("No filters of this run were kept."))
        else:
            self.note.say(
                self.tr("The filters of the selected layer, as they emerge"), self.tr("Start training")
            )
