"""What happened to a run at some step: checkpoints, edits, leaps of the loss, and goings back."""

from __future__ import annotations

from engine.graph.settings import TrainingSettings
from engine.protocol.messages import CheckpointKept, Edited, Entry, LossSpiked, Rewound, Setting

Mark = CheckpointKept | Edited | LossSpiked | Rewound


class Marks:
    """The marks of one run, in the order in which they came.

    ``trouble`` is the newest leap or going back because of numbers that were not finite, until it is
    dismissed.
    """

    def __init__(self) -> None:
        self.all: list[Mark] = []
        self.trouble: LossSpiked | Rewound | None = None

    def take(self, entry: Entry) -> bool:
        """Take an entry of the journal; return whether it is a mark."""
        match entry:
            case CheckpointKept() | Edited():
                self.all.append(entry)
            case LossSpiked():
                self.all.append(entry)
                self.trouble = entry
            case Rewound(step, cause, takes_back):
                self.all = [mark for mark in self.all if mark.step <= step]
                if takes_back:
                    self.all.append(entry)
                self.trouble = entry if cause is not None else None
            case _:
                return False
        return True

    @property
    def checkpoints(self) -> list[int]:
        """Steps at which a checkpoint was kept, rising; older ones may have been removed since."""
        return sorted({mark.step for mark in self.all if isinstance(mark, CheckpointKept)})

    def kept(self, newest: int, best: int | None) -> list[int]:
        """Return the steps whose checkpoints are still there: the newest ones and the best one."""
        steps = self.checkpoints
        return [step for step in steps if step in steps[-newest:] or step == best]

    def value(self, setting: Setting, training: TrainingSettings) -> float:
        """Return what a setting is now: as the network has it, or as it was edited last."""
        edits = [mark.new for mark in self.all if isinstance(mark, Edited) and mark.setting == setting]
        if edits:
            return edits[-1]
        return float(training.schedule.rate if setting == "rate" else getattr(training, setting))
