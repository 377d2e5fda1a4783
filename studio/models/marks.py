"""What happened to a run at some step: checkpoints, edits, leaps of the loss, and goings back."""

from __future__ import annotations

from bisect import bisect_left

from engine.graph.settings import TrainingSettings
from engine.protocol.messages import CheckpointKept, Edited, Entry, LossSpiked, Rewound, Setting

Mark = CheckpointKept | Edited | LossSpiked | Rewound


class Marks:
    """The marks of one run, in the order in which they came.

    ``trouble`` is the newest leap or going back because of numbers that were not finite, until it is
    dismissed; ``taken_back`` are the edits that the newest going back undid. After a resume, edits of later
    steps wait until the training comes to theirs again.
    """

    def __init__(self) -> None:
        self.all: list[Mark] = []
        self.checkpoints: list[int] = []
        """Steps at which a checkpoint was kept, rising; older ones may have been removed since."""
        self.trouble: LossSpiked | Rewound | None = None
        self.taken_back: list[Edited] = []
        self._edits: list[Edited] = []
        self._waiting: list[Edited] = []

    def take(self, entry: Entry) -> bool:
        """Take an entry of the journal; return whether it is a mark."""
        match entry:
            case CheckpointKept(step):
                self.all.append(entry)
                at = bisect_left(self.checkpoints, step)
                if self.checkpoints[at : at + 1] != [step]:
                    self.checkpoints.insert(at, step)
            case Edited():
                self.all = [mark for mark in self.all if not _overtakes(entry, mark)] + [entry]
                self._edits = _edits(self.all)
                self._waiting = [edit for edit in self._waiting if edit in self._edits]
            case LossSpiked():
                self.all.append(entry)
                self.trouble = entry
            case Rewound():
                self._rewind(entry)
            case _:
                return False
        return True

    def _rewind(self, entry: Rewound) -> None:
        """Forget the marks of later steps. Edits hold after a resume; going back undoes those made since."""
        self.taken_back = [edit for edit in self._edits if entry.takes_back and edit.step >= entry.step]
        self.all = [
            mark
            for mark in self.all
            if (mark not in self.taken_back if isinstance(mark, Edited) else mark.step <= entry.step)
        ]
        self.checkpoints = [step for step in self.checkpoints if step <= entry.step]
        self._edits = _edits(self.all)
        self._waiting = [edit for edit in self._edits if edit.step > entry.step]
        if entry.takes_back:
            self.all.append(entry)
        self.trouble = entry if entry.cause is not None else None

    def advance(self, step: int) -> bool:
        """The training has come to a step; return whether edits that waited for it hold from now on."""
        count = len(self._waiting)
        self._waiting = [edit for edit in self._waiting if edit.step > step]
        return len(self._waiting) < count

    def kept(self, newest: int, best: int | None) -> list[int]:
        """Return the steps whose checkpoints are still there: the newest ones and the best one."""
        last = self.checkpoints[-newest:]
        return [best, *last] if best in self.checkpoints and best not in last else last

    def value(self, setting: Setting, training: TrainingSettings, before: float | None = None) -> float:
        """Return what a setting is: as the network has it, or as it was edited last, now or before a step."""
        values = [
            edit.new
            for edit in self._edits
            if edit.setting == setting
            and (edit not in self._waiting if before is None else edit.step < before)
        ]
        if values:
            return values[-1]
        return float(training.schedule.rate if setting == "rate" else getattr(training, setting))


def _edits(marks: list[Mark]) -> list[Edited]:
    return [mark for mark in marks if isinstance(mark, Edited)]


def _overtakes(newer: Edited, mark: Mark) -> bool:
    """Whether an edit, made after going on from before another one, takes the place of that."""
    return isinstance(mark, Edited) and mark.setting == newer.setting and mark.step > newer.step
