"""How weights start and learn: cuda-convnet's keys, as the fields that all layers with weights share.

There, each layer has rates of its own; here, a network has one rate with a schedule, and layers multiply it.
The network's rate, momentum and decay are those that most layers have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from engine.graph.cuda_convnet.entry import Entry, Notes
from engine.graph.cuda_convnet.values import Course, whole
from engine.graph.schedules import Constant, Exponential, ExponentialSteps, Linear, Schedule
from engine.graph.settings import TrainingSettings
from engine.words import Words

_BATCH = 128
_ONE_BATCH = "All layers are updated together here."
_MOST_BATCHES = 512


@dataclass(frozen=True)
class Usual:
    """What most layers have: the ``course`` of the rate of weights, ``momentum`` and ``decay``.

    An update takes the mean gradient of so many batches as its ``period`` says: that of one larger batch.
    """

    course: Course
    momentum: float
    decay: float
    period: int

    def settings(self) -> TrainingSettings:
        """Return how the network is trained: by cuda-convnet's rule, and its batch of 128."""
        return TrainingSettings(
            schedule=_schedule(self.course),
            momentum=self.momentum,
            decay=self.decay,
            batch_size=_BATCH * self.period,
        )


def usual(entries: Iterable[Entry]) -> Usual:
    """Return what most of these layers with weights have, as far as they learn."""
    courses: Counter[Course] = Counter()
    momenta: Counter[float] = Counter()
    decays: Counter[float] = Counter()
    periods: Counter[int] = Counter()
    for entry in entries:
        learning = [number for number, course in enumerate(entry.courses("epsw")) if course.base > 0]
        courses.update(entry.courses("epsw")[number] for number in learning)
        momenta.update(_momenta(entry)[number] for number in learning)
        decays.update(entry.reals("wc", 0.0)[number] for number in learning)
        periods[_period(entry)] += 1
    return Usual(
        _most_common(courses, Course(0.001)),
        _most_common(momenta, 0.9),
        _most_common(decays, 0.0),
        _most_common(periods, 1),
    )


def _period(entry: Entry) -> int:
    """Return after how many batches a layer is updated; 0 stands for 1."""

    def read(text: str) -> int:
        period = whole(text)
        if not 0 <= period <= _MOST_BATCHES:
            raise ValueError(text)
        return period or 1

    return entry.read("updateperiod", read, 1, Words("a whole number from 0 to {most}", most=_MOST_BATCHES))


def _most_common(counts: Counter[Any], default: Any) -> Any:
    return counts.most_common(1)[0][0] if counts else default


def _momenta(entry: Entry) -> list[float]:
    return entry.reals("momw", 0.0, 1.0)


def _schedule(course: Course) -> Schedule:
    match course.kind:
        case "linear":
            return Linear(rate=course.base, divisor=course.divisor)
        case "exp":
            return Exponential(rate=course.base, divisor=course.divisor)
        case "dexp":
            return ExponentialSteps(rate=course.base, divisor=course.divisor, steps=course.steps)
    return Constant(rate=course.base)


def learning_fields(entry: Entry, number: int, common: Usual, notes: Notes) -> dict[str, Any]:
    """Return the fields that tell how the weights of one input start and learn, and the biases."""
    for key in ("epsw", "epsb", "momw", "momb"):
        if entry.find(key) is None and not number:
            entry.problem("", Words("the key {key} in the file of parameters", key=key), "none")
    if _period(entry) != common.period:
        expected = Words("{count}, as for other layers", count=common.period)
        entry.problem("updateperiod", expected, str(_period(entry)), _ONE_BATCH)
    of_weights, of_biases = entry.courses("epsw")[number], entry.courses("epsb")[0]
    momentum, decay = _momenta(entry)[number], entry.reals("wc", 0.0)[number]
    for key, found in (("epsW", of_weights), ("epsB", of_biases)):
        if found.base > 0 and replace(found, base=1.0) != replace(common.course, base=1.0):
            words = Words(
                "{key} is {course}, but follows the network's schedule, {schedule}",
                key=key,
                course=found,
                schedule=common.course,
            )
            notes.tell(entry.name, words)
    return {
        "initial": "normal",
        "deviation": entry.reals("initw", 0.0)[number],
        "bias": entry.reals("initb", -1e9)[0],
        "rate": of_weights.base / common.course.base,
        "bias_rate": of_biases.base / common.course.base,
        "momentum": None if momentum == common.momentum else momentum,
        "decay": None if decay == common.decay else decay,
        **_norms(entry, number),
    }


def bearer_of_biases(entry: Entry) -> int:
    """Return the first input whose weights have the momentum of the biases: a layer has one here."""
    wanted, momenta = entry.reals("momb", 0.0, 1.0)[0], _momenta(entry)
    if wanted not in momenta and entry.courses("epsb")[0].base > 0:
        expected = Words("{momentum}, the momentum of the weights", momentum=f"{momenta[0]:g}")
        entry.problem("momb", expected, f"{wanted:g}", "A layer has one momentum here.")
    return momenta.index(wanted) if wanted in momenta else 0


def _norms(entry: Entry, number: int) -> dict[str, Any]:
    """wball is the norm of each filter, or for local layers the largest; wcNormMin and Max are centred."""
    ball = entry.reals("wball", 0.0)[number]
    least, most = entry.reals("wcnormmin", 0.0)[number], entry.reals("wcnormmax", 0.0)[number]
    if least or most:
        if ball:
            entry.problem("wball", "0, since wcNormMin or wcNormMax is there", f"{ball:g}")
        return {"least_norm": least, "most_norm": most, "centred_norm": True}
    local = (kind := entry.find("type")) is not None and kind.text == "local"
    return {"least_norm": 0.0 if local else ball, "most_norm": ball}
