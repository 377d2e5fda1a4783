"""Through the snapshots of a run: which one is shown, played through, or forked from."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from studio.models.filters import FilterModel
from studio.qt.filters.playing import PlayButtons
from studio.qt.filters.time_slider import TimeSlider


class TimeBar(QWidget):
    """Play buttons, the slider on the course of the loss, follow and fork; hidden before two snapshots."""

    fork_requested = Signal(int)
    """Another run shall begin at the checkpoint of this step."""

    def __init__(self, model: FilterModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.slider = TimeSlider()
        self.play = PlayButtons(self.slider)
        self.follow_button = QPushButton(self.tr("Follow"))
        self.fork_button = QPushButton(self.tr("Fork…"))
        self._build()
        self.slider.valueChanged.connect(model.show_snapshot)
        self.follow_button.clicked.connect(self._on_follow)
        self.fork_button.clicked.connect(self._on_fork)

    def _build(self) -> None:
        self.slider.setAccessibleName(self.tr("Snapshot"))
        self.slider.setToolTip(self.tr("The filters at each kept snapshot, along the training loss"))
        self.follow_button.setCheckable(True)
        self.follow_button.setToolTip(self.tr("Always show the newest snapshot"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.play, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.slider, 1)
        row.addWidget(self.follow_button, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.fork_button, 0, Qt.AlignmentFlag.AlignVCenter)

    def refresh(self) -> None:
        """Mirror the model."""
        count = len(self._model.snapshots)
        self.setVisible(count > 1)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(0, count - 1))
            self.slider.setValue(self._model.index or 0)
        self.slider.show_losses(self._model.losses())
        is_following = self._model.following
        self.follow_button.setChecked(is_following)
        self.follow_button.setText(self.tr("Following") if is_following else self.tr("Follow"))
        fork = self._model.fork_step
        self.fork_button.setEnabled(fork is not None)
        if fork is None:
            tip = self.tr("No checkpoint is kept from here or before")
        else:
            tip = self.tr("Begin another run at step {step}, the checkpoint nearest before").format(
                step=f"{fork:,}"
            )
        self.fork_button.setToolTip(tip)

    def _on_follow(self, on: bool) -> None:
        if on:
            self._model.follow()
        else:
            self._model.show_snapshot(self.slider.value())

    def _on_fork(self) -> None:
        step = self._model.fork_step
        if step is not None:
            self.fork_requested.emit(step)
