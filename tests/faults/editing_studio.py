"""A studio that edits all the time, to be killed: ``python -m tests.faults.editing_studio PERIOD_MS``.

It prints a line for each edit once it is made: what it set, and when by the system's monotonic clock, s.
"""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from engine.graph.examples import load_example
from studio.models import editing
from studio.models.document import Document
from studio.qt.autosave import Autosave


def main() -> None:
    """Edit until killed."""
    application = QCoreApplication([])
    document = Document()
    document.new(load_example("shapes"), "shapes.convnet")
    autosave = Autosave(document, QObject(application), int(sys.argv[1]))
    number = 0

    def edit() -> None:
        nonlocal number
        number += 1
        editing.set_fields(document, "conv1", {"filters": number})
        print(number, time.monotonic(), flush=True)

    timer = QTimer(application, interval=50)
    timer.timeout.connect(edit)
    timer.start()
    application.exec()
    autosave.close()


if __name__ == "__main__":
    main()
