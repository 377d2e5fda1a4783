"""Says that a training went wrong, and offers what can be done."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from engine.errors import NotFiniteError
from engine.protocol.messages import LossSpiked, Rewound
from engine.protocol.problems import rebuild
from studio.models.readings import three_digits
from studio.models.run import RunModel
from studio.models.settings_diff import edited_text, setting_title
from studio.qt.banner import Banner
from studio.qt.texts import error_text, layer_text


class TroubleBanner(Banner):
    """Shown after a leap of the loss, or after numbers that were not finite."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._shown: LossSpiked | Rewound | None = None
        self.action.clicked.connect(self._on_action)
        self.closed.connect(run.dismiss_trouble)
        for event in (run.marks_changed, run.state_changed, run.run_replaced):
            event.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        trouble = self._run.record.marks.trouble
        if trouble is None:
            self._shown = None
            self.hide()
        elif trouble is not self._shown:
            self._shown = trouble
            if isinstance(trouble, LossSpiked):
                self._say_spike(trouble)
            else:
                self._say_rewound(trouble)
        self.action.setEnabled(self._run.can_checkpoint)

    def _say_spike(self, spike: LossSpiked) -> None:
        message = self.tr("The loss leapt to {loss} after step {step}; {usual} is usual.")
        back = self._run.record.checkpoint_before(spike.step)
        self.say(
            message.format(
                loss=three_digits(spike.loss), step=f"{spike.step:,}", usual=three_digits(spike.usual)
            ),
            self.tr("Roll back to step {step}").format(step=f"{back:,}"),
        )

    def _say_rewound(self, rewound: Rewound) -> None:
        went = self.tr("Training went on from step {step}.").format(step=f"{rewound.step:,}")
        self.say(f"{_why(rewound)}\n{went} {self._advise()}")

    def _advise(self) -> str:
        """Say which settings are as before, or else what to do should it come again."""
        undone = self._run.record.marks.taken_back
        if not undone:
            return self.tr("If that happens again, lower the learning rate.")
        again = self.tr("{setting} is {value} again.")
        first = {edit.setting: edit.old for edit in reversed(undone)}  # the oldest of each setting
        return " ".join(
            again.format(
                setting=layer_text(setting_title(setting)), value=layer_text(edited_text(setting, old))
            )
            for setting, old in reversed(first.items())
        )

    def _on_action(self) -> None:
        if isinstance(self._shown, LossSpiked):
            self._run.roll_back(self._run.record.checkpoint_before(self._shown.step))
            self._run.dismiss_trouble()


def _why(rewound: Rewound) -> str:
    """Say why a training went back. The error's own sentence is for one that ended."""
    if rewound.cause is None:
        return ""
    cause = rebuild(rewound.cause)
    if not isinstance(cause, NotFiniteError):
        return error_text(cause)
    message = QCoreApplication.translate(
        "TroubleBanner", "In step {step}, {what} ({where}) was not a finite number."
    )
    step, what, where = (cause.fields[name] for name in ("step", "what", "where"))
    return message.format(step=f"{step:,}", what=layer_text(str(what)), where=layer_text(str(where)))
