"""What can be known of another process."""

from __future__ import annotations

import subprocess
import sys

from engine.protocol.processes import processor_seconds


def test_the_processor_time_of_a_process_counts_threads_that_have_ended() -> None:
    busy = "import threading, time\ndef work():\n    while time.thread_time() < 0.2: pass\n"
    busy += "t = threading.Thread(target=work)\nt.start()\nt.join()\nprint(flush=True)\ninput()"
    process = subprocess.Popen([sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    assert processor_seconds(process.pid) > 0.2
    process.communicate(b"\n")
