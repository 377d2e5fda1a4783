"""Words of the models and the engine in the user's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from PySide6.QtCore import QCoreApplication

from engine.errors import ConvNetError, FieldError, ManyProblemsError, UnknownFieldError
from engine.layers.base import Layer
from engine.layers.catalogue import LAYERS
from engine.layers.fields import field_specs
from engine.layers.learning import WeightedLayer
from engine.log_lines import Line
from engine.protocol.messages import LogLine
from engine.protocol.problems import fields_of, rebuild
from engine.words import Words, fill
from studio.models.connecting import Obstacle
from studio.models.edits import Title
from studio.models.phrases import closed_up, template_of
from studio.models.settings_diff import setting_title


def layer_text(source: str) -> str:
    """Translate a text of a layer, a port or a field; the numbers in it stay."""
    template, numbers = template_of(source)
    translated = QCoreApplication.translate("layers", template)
    return translated.format(*numbers) if numbers else translated


def caption_text(layer: Layer) -> str:
    """Return the settings of a layer that matter, parted by " · "; its kind where there are none."""
    caption = layer.caption()
    return " · ".join(map(layer_text, caption.split(" · "))) if caption else layer_text(layer.title)


def action_text(source: str) -> str:
    """Translate a text of the table of commands."""
    return QCoreApplication.translate("actions", source)


def obstacle_text(obstacle: Obstacle, source: str, target: str) -> str:
    """Say why one layer cannot be connected to another."""
    template = {
        "circle": QCoreApplication.translate(
            "connecting", "{target} cannot take {source}: the layers would form a circle."
        ),
        "no input": QCoreApplication.translate("connecting", "{target} has no input."),
        "content": QCoreApplication.translate(
            "connecting", "{target} cannot take what {source} gives: labels, values and costs do not mix."
        ),
    }[obstacle]
    return template.format(source=source, target=target)


def title_text(title: Title) -> str:
    """Return the name of an edit for a menu."""
    return QCoreApplication.translate("edits", title.template).format(**title.fields)


def error_text(error: ConvNetError) -> str:
    """Return the sentence of an error; of several problems one sentence a line."""
    if isinstance(error, ManyProblemsError):
        return "\n".join(error_text(problem) for problem in error.problems)
    fields = _said(error.fields)
    if isinstance(error, FieldError | UnknownFieldError):  # of a file, in which a person looks for the key
        fields["field"] = error.fields["field"]
    return closed_up(QCoreApplication.translate("errors", error.template), fields).format(**fields).rstrip()


def expected_text(error: ConvNetError) -> str:
    """Return what an error says was expected."""
    return str(_part("expected", error.fields["expected"]))


def words_text(words: Words) -> str:
    """Translate words that hold names and figures."""
    fields = _said(words.fields)
    return fill(closed_up(QCoreApplication.translate("words", words.template), fields), fields)


def line_text(line: LogLine) -> str:
    """Return the sentence of a line of the log; a line that this studio does not know as it came."""
    template = getattr(Line.__members__.get(line.code), "value", "")
    fields = _said(fields_of(line.fields))
    if "setting" in fields:
        fields["setting"] = layer_text(setting_title(str(fields["setting"])))
    cause = "" if line.cause is None else error_text(rebuild(line.cause))
    try:
        said = closed_up(QCoreApplication.translate("log", template), fields)
        return said.format(**fields, cause=cause) or line.text
    except (KeyError, IndexError, ValueError, TypeError):  # of another version of the engine
        return line.text


def _said(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of an error, of a line or of words with those translated that are words."""
    return {name: _part(name, value) for name, value in fields.items()}


def _part(name: str, value: object) -> object:
    if isinstance(value, Words):
        return words_text(value)
    if name == "field" and value in _field_titles():
        title = layer_text(_field_titles()[str(value)])
        return QCoreApplication.translate("errors", "“{title}”").format(title=title)
    return layer_text(value) if name in FIELDS_OF_WORDS and isinstance(value, str) else value


@cache
def _field_titles() -> dict[str, str]:
    """Return what forms call the fields of layers; what layers with weights call them comes first."""
    kinds = sorted(LAYERS, key=lambda kind: issubclass(kind, WeightedLayer))
    return {name: spec.title for kind in kinds for name, spec in field_specs(kind).items()}


FIELDS_OF_WORDS = (
    "expected",
    "found",
    "hint",
    "input",
    "message",
    "missing",
    "port",
    "reason",
    "what",
    "where",
    "words",
)
"""Fields of errors, lines of the log and words that hold words; others hold names, paths and figures."""
