"""Another user of the machine cannot read the keys."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from pathlib import Path

import msgspec
import pytest

from engine.protocol import connection as connections
from tests.faults import shared
from tests.faults.knocking import connection_of
from tests.faults.outcome import Outcome

ROW, FAULT, FULL = "20", "another local user", 10
NOBODY = 65534


def body(count: int, folder: Path) -> Outcome:
    """Let another user read connection files in a folder that is open to all, ``count`` times."""
    template = connection_of(shared.engine())
    survived = read = 0
    for number in range(count):
        with tempfile.TemporaryDirectory(dir="/tmp") as open_to_all:
            os.chmod(open_to_all, 0o755)
            path = Path(open_to_all, "connection.json")
            connection = msgspec.structs.replace(template, engine_id=f"{number:032x}")
            connections.write(connection, path)
            attempt = subprocess.run(["cat", str(path)], capture_output=True, user=NOBODY, check=False)
            read += len(attempt.stdout)
            denied = attempt.returncode != 0 and not attempt.stdout
            survived += denied and stat.S_IMODE(path.stat().st_mode) == 0o600
            connections.remove(connection, path)
    return Outcome(count, survived, "0600; 0 bytes", f"{read} bytes read")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root may act as another user")
def test_another_user_reads_nothing(tmp_path: Path) -> None:
    assert body(2, tmp_path).holds


def test_only_the_owner_can_read_the_keys() -> None:
    files = [shared.engine().connection, *connections._list_folder().iterdir()]
    assert len(files) > 1
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(connections._list_folder().stat().st_mode) == 0o700
