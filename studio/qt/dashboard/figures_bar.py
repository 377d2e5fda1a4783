"""The run's main figures in a row: how far, how fast, how long."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.protocol.messages import Progress
from studio.models.quantities import short_bytes
from studio.models.readings import duration, percent, three_digits
from studio.models.run import RunModel
from studio.qt.labels import Label
from studio.qt.run_texts import state_name

SECOND = 1000
NOT_KNOWN = "–"


class FiguresBar(QWidget):
    """Epoch, step, speed, times and the newest validation error."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._state = _Figure("")
        self._epoch = _Figure(self.tr("Epoch"))
        self._step = _Figure(self.tr("Step"))
        self._speed = _Figure(self.tr("Images/s"))
        self._time = _Figure(self.tr("A step"))
        self._seen = _Figure(self.tr("Trained"))
        self._error = _Figure(self.tr("Validation error"))
        self._elapsed = _Figure(self.tr("Elapsed"))
        self._left = _Figure(self.tr("Left"))
        self._time.setToolTip(self.tr("How long a step takes, and how much of that waits for pictures"))
        self._seen.setToolTip(self.tr("Bytes of the pictures that were trained on, all epochs together"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for figure in self._figures:
            row.addWidget(figure)
        row.insertWidget(0, self._state, 1)
        self._clock = QTimer(self, interval=SECOND)
        self._clock.timeout.connect(self._on_second)
        for event in (run.progress_changed, run.metrics_added, run.run_replaced, run.state_changed):
            event.connect(self._refresh)
        self._refresh()
        self._clock.start()

    def texts(self) -> dict[str, str]:
        """Return the values by their names, as they are shown."""
        return dict(figure.texts for figure in self._figures)

    @property
    def _figures(self) -> tuple[_Figure, ...]:
        return (
            self._epoch,
            self._step,
            self._speed,
            self._time,
            self._seen,
            self._error,
            self._elapsed,
            self._left,
        )

    def _on_second(self) -> None:
        if self._run.state.advancing:
            self._refresh()

    def _refresh(self) -> None:
        run, progress = self._run, self._run.record.progress
        self._state.show_value(state_name(run.state), run.record.name)
        if progress is None:
            for figure in (self._epoch, self._step, self._speed, self._time, self._left):
                figure.show_value(NOT_KNOWN)
        else:
            epochs = progress.epochs
            of = self.tr("{part} of {whole}")
            self._epoch.show_value(
                of.format(part=f"{min(progress.epoch + 1, epochs):,}", whole=f"{epochs:,}")
            )
            self._step.show_value(of.format(part=f"{progress.step:,}", whole=f"{progress.total_steps:,}"))
            self._speed.show_value(three_digits(progress.examples_per_second))
            self._time.show_value(self._step_time(progress))
            known = progress.eta_seconds is not None and run.state.under_way
            self._left.show_value(duration(progress.eta_seconds or 0) if known else NOT_KNOWN)
        error = run.record.metrics.last("validation", "error")
        self._error.show_value(NOT_KNOWN if error is None else percent(error))
        seen = run.record.trained_bytes
        self._seen.show_value(NOT_KNOWN if seen is None else short_bytes(seen))
        elapsed = run.elapsed
        self._elapsed.show_value(NOT_KNOWN if elapsed is None else duration(elapsed))

    def _step_time(self, progress: Progress) -> str:
        """How long a step takes, and what for; what is sent may go beside computing."""
        ms, waits = three_digits(1000 * progress.step_seconds), f"{100 * progress.waiting_share:.0f} %"
        if progress.communication_share is None:
            return self.tr("{ms} ms · {share} waits").format(ms=ms, share=waits)
        sends = f"{100 * progress.communication_share:.0f} %"
        return self.tr("{ms} ms · {sends} sends · {share} waits").format(ms=ms, sends=sends, share=waits)


class _Figure(QWidget):
    """A value above its name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = Label(name, "secondary")
        self._value = Label(rank="strong")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._value)
        column.addWidget(self._name)

    @property
    def texts(self) -> tuple[str, str]:
        """Name and value."""
        return self._name.text(), self._value.text()

    def show_value(self, text: str, name: str | None = None) -> None:
        """Show a value, and give it another name if there is one."""
        self._value.setText(text)
        if name is not None:
            self._name.setText(name)
        self.setAccessibleName(f"{self._name.text()}: {text}")
