"""Sentences in the user's language for what the engine says in codes."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from engine import errors
from engine.errors import ConvNetError
from engine.protocol.messages import Problem
from studio.models.run_state import RunState


def state_name(state: RunState) -> str:
    """Return a state of a run as the studio shows it."""
    return {
        RunState.NONE: QCoreApplication.translate("RunState", "Nothing trained yet"),
        RunState.STARTING: QCoreApplication.translate("RunState", "Starting the engine…"),
        RunState.COMPILING: QCoreApplication.translate("RunState", "Compiling the network…"),
        RunState.TRAINING: QCoreApplication.translate("RunState", "Training"),
        RunState.TESTING: QCoreApplication.translate("RunState", "Measuring the error…"),
        RunState.PAUSING: QCoreApplication.translate("RunState", "Pausing…"),
        RunState.PAUSED: QCoreApplication.translate("RunState", "Paused"),
        RunState.STOPPING: QCoreApplication.translate("RunState", "Stopping…"),
        RunState.STOPPED: QCoreApplication.translate("RunState", "Stopped"),
        RunState.FINISHED: QCoreApplication.translate("RunState", "Finished"),
        RunState.FAILED: QCoreApplication.translate("RunState", "Failed"),
        RunState.NOT_RESPONDING: QCoreApplication.translate("RunState", "The engine is not responding"),
        RunState.DIED: QCoreApplication.translate("RunState", "The engine died"),
    }[state]


def problem_sentence(problem: Problem) -> str:
    """Return what went wrong as a sentence; the problems of a network each on a line of its own."""
    if problem.problems:
        return "\n".join(map(problem_sentence, problem.problems))
    return error_sentence(problem.code, problem.fields)


def error_sentence(code: str, fields: Mapping[str, object]) -> str:
    """Return the sentence of an error of ``engine.errors``; its bare fields where this program lacks it."""
    kind = getattr(errors, code, ConvNetError)
    try:
        return QCoreApplication.translate("errors", kind.template).format(**fields)
    except (AttributeError, KeyError, IndexError, ValueError):
        return f"{code}: {dict(fields)}"
