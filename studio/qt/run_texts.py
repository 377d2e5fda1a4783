"""Words for the states of a run."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from studio.models.run_state import RunState


def state_name(state: RunState) -> str:
    """Return a state of a run as the studio shows it."""
    return {
        RunState.NONE: QCoreApplication.translate("RunState", "Nothing trained yet"),
        RunState.SENDING: QCoreApplication.translate("RunState", "Sending the data…"),
        RunState.STARTING: QCoreApplication.translate("RunState", "Starting the engine…"),
        RunState.COMPILING: QCoreApplication.translate("RunState", "Compiling the network…"),
        RunState.TRAINING: QCoreApplication.translate("RunState", "Training"),
        RunState.TESTING: QCoreApplication.translate("RunState", "Measuring the error…"),
        RunState.PAUSING: QCoreApplication.translate("RunState", "Pausing…"),
        RunState.PAUSED: QCoreApplication.translate("RunState", "Paused"),
        RunState.STOPPING: QCoreApplication.translate("RunState", "Stopping…"),
        RunState.RESTARTING: QCoreApplication.translate("RunState", "Restarting…"),
        RunState.STOPPED: QCoreApplication.translate("RunState", "Stopped"),
        RunState.FINISHED: QCoreApplication.translate("RunState", "Finished"),
        RunState.FAILED: QCoreApplication.translate("RunState", "Failed"),
        RunState.SLOW: QCoreApplication.translate("RunState", "Training, but slowly"),
        RunState.HUNG: QCoreApplication.translate("RunState", "The training process is not responding"),
        RunState.NOT_RESPONDING: QCoreApplication.translate("RunState", "The engine is not responding"),
        RunState.DIED: QCoreApplication.translate("RunState", "The engine died"),
    }[state]
