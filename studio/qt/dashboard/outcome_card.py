"""What a run came to, and what can be done next."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QFileInfo, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.models.readings import duration, percent
from studio.models.run import RunModel
from studio.models.run_state import RunState
from studio.qt import theme
from studio.qt.labels import Label, ShortLabel
from studio.qt.run_texts import state_name
from studio.qt.texts import error_text

STRIPE = 4
"""Width of the stripe that says how it went, px."""

_STRIPES = {
    RunState.FINISHED: "success",
    RunState.STOPPED: "accent",
    RunState.FAILED: "error",
    RunState.DIED: "error",
    RunState.SLOW: "warning",
    RunState.HUNG: "warning",
    RunState.NOT_RESPONDING: "warning",
}


class OutcomeCard(QWidget):
    """Shown when a run has ended or does not go on: the result or the cause, and the next actions."""

    look_requested = Signal()
    design_requested = Signal()

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._headline = Label(rank="heading")
        self._facts = Label()
        self._facts.setWordWrap(True)
        self._folder = ShortLabel(rank="secondary")
        self.take_up_button = QPushButton(self.tr("Resume from the last checkpoint"))
        self.kill_button = QPushButton(self.tr("End it by force"))
        self.look_button = QPushButton(self.tr("Look at the filters over time"))
        self.change_button = QPushButton(self.tr("Change the network and train again"))
        self._open = QPushButton(self.tr("Open the run folder"))
        self.copy_button = QPushButton(self.tr("Copy the error"))
        self._build()
        self.take_up_button.clicked.connect(run.take_up)
        self.kill_button.clicked.connect(run.kill)
        self.look_button.clicked.connect(self.look_requested)
        self.change_button.clicked.connect(self.design_requested)
        self._open.clicked.connect(self._on_open)
        self.copy_button.clicked.connect(self._on_copy)
        for event in (run.state_changed, run.metrics_added, run.run_replaced):
            event.connect(self._refresh)
        self._refresh()

    def _build(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in self._buttons():
            buttons.addWidget(button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(STRIPE + 12, 12, 12, 12)
        column.setSpacing(4)
        for widget in (self._headline, self._facts, self._folder):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addLayout(buttons)

    def _buttons(self) -> tuple[QPushButton, ...]:
        return (
            self.take_up_button,
            self.kill_button,
            self.look_button,
            self.change_button,
            self._open,
            self.copy_button,
        )

    @property
    def headline(self) -> str:
        """How it went, in a line."""
        return self._headline.text()

    @property
    def facts(self) -> str:
        """Why it went so; "" where there is no more to say."""
        return self._facts.text()

    def _refresh(self) -> None:
        run = self._run
        if run.state not in _STRIPES:
            self.hide()
            return
        self._headline.setText(self._describe_end())
        facts = error_text(run.cause) if run.cause is not None else self._advise()
        self._facts.setText(facts)
        self._facts.setVisible(bool(facts))
        self._folder.set_text(run.record.run_folder or "")
        self._folder.setVisible(run.record.run_folder is not None)
        self.take_up_button.setVisible(run.can_take_up)
        self.kill_button.setVisible(run.can_kill)
        self.look_button.setVisible(run.state.ended and len(run.record.snapshots) > 1)
        self.change_button.setVisible(run.state.ended)
        self._open.setVisible(run.is_here and QFileInfo(run.record.run_folder or "").isDir())
        self.copy_button.setVisible(run.cause is not None)
        self.show()  # once it is complete: what lies below takes its new place once
        self.update()

    def _describe_end(self) -> str:
        parts = [state_name(self._run.state)]
        error = self._run.record.metrics.last("test", "error")
        if error is not None:
            parts.append(self.tr("test error {error}").format(error=percent(error)))
        elapsed = self._run.elapsed
        if elapsed is not None:
            parts.append(self.tr("{time} of training").format(time=duration(elapsed)))
        if self._run.cause is not None and self._run.state in (RunState.STOPPED, RunState.FINISHED):
            parts.append(self.tr("the last checkpoint was not kept"))
        return " · ".join(parts)

    def _advise(self) -> str:
        """What is known of a run that does not go on, and what can be done."""
        match self._run.state:
            case RunState.SLOW:
                return self.tr("No step has ended for far longer than usual. The computer may be busy.")
            case RunState.HUNG:
                return self.tr(
                    "It gives no sign of life, but the engine does. It may come back; ended by force, it is "
                    "replaced by another, which takes up at the last checkpoint."
                )
            case RunState.NOT_RESPONDING:
                return self.tr(
                    "Its process is there, but silent. It may come back; ended by force, the run can be "
                    "resumed from the last checkpoint."
                )
            case RunState.FINISHED | RunState.STOPPED:
                return self._tell_best()
        return ""

    def _tell_best(self) -> str:
        """Where the weights were best, if they got worse since and are kept."""
        record = self._run.record
        newest = record.metrics.last("validation", "error")
        if record.best is None or newest is None or record.best[0] not in record.checkpoints:
            return ""
        step, error = record.best
        if not error < newest:
            return ""
        message = self.tr("The validation error was least at step {step}, {error}; that checkpoint is kept.")
        return message.format(step=f"{step:,}", error=percent(error))

    def _on_open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._run.record.run_folder or ""))

    def _on_copy(self) -> None:
        if self._run.cause is not None:
            QGuiApplication.clipboard().setText(f"{self._run.cause.code}: {error_text(self._run.cause)}")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.setPen(theme.colour("line"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        stripe = theme.colour(_STRIPES.get(self._run.state, "line"))
        painter.fillRect(0, 0, STRIPE, self.height(), stripe)
