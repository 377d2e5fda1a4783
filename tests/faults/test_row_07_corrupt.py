"""Any change to the newest checkpoint is noticed; the one before is used, and that is said."""

from __future__ import annotations

import random
from pathlib import Path

from engine import checkpoint
from tests.faults.outcome import Outcome
from tests.faults.saving import prepare

ROW, FAULT, FULL = "7", "newest checkpoint corrupt", 1_000


def body(count: int, folder: Path) -> Outcome:
    """Flip a bit of the newest checkpoint's files, or cut them short, ``count`` times."""
    chance = random.Random(7)
    states = prepare(folder)
    files = sorted(folder.glob("*30[.-]*"))
    assert len(files) == 2
    survived = 0
    for _ in range(count):
        file = chance.choice(files)
        content = file.read_bytes()
        place = chance.randrange(len(content))
        flipped = content[place] ^ (1 << chance.randrange(8))
        mutant = content[:place] + bytes([flipped]) + content[place + 1 :]
        file.write_bytes(chance.choice((mutant, content[:place])))
        found = checkpoint.find_latest(folder)
        survived += found is not None and found.state.step == states[1].step and len(found.damaged) == 1
        file.write_bytes(content)
    return Outcome(count, survived, "the previous one is used", f"{survived} of {count}")


def test_a_corrupt_checkpoint_is_not_used(tmp_path: Path) -> None:
    assert body(200, tmp_path).holds
