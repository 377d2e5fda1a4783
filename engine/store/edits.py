"""Which edits of a run hold: those of the journal that no roll-back took back and no later one overtook."""

from __future__ import annotations

from engine.protocol.messages import Edited, Entry, Rewound


class Edits:
    """Follows the journal; ``held`` are the edits that a resume makes again."""

    def __init__(self) -> None:
        self.held: tuple[Edited, ...] = ()

    def take(self, entry: Entry) -> None:
        """Take the journal's next entry."""
        if isinstance(entry, Edited):
            others = (edit for edit in self.held if edit.setting != entry.setting or edit.step <= entry.step)
            self.held = (*others, entry)
        elif isinstance(entry, Rewound) and entry.takes_back:
            self.held = tuple(edit for edit in self.held if edit.step < entry.step)
