"""Readings of the layers' health, and what to think of them."""

import pytest

from engine.protocol.messages import HealthMeasured, Histogram, LayerHealth, Rewound
from studio.models.health import Health, findings, verdict


def spread(low, high):
    return Histogram(low, high, 1.0, (1, 2, 1))


def taken(*steps):
    health = Health()
    for step in steps:
        layer = LayerHealth("conv1", weights=spread(-step, step / 2), dead=step / 100)
        health.take(HealthMeasured(step, (layer, LayerHealth("pool1"))))
    return health


def test_the_newest_reading_or_that_of_a_step_is_found():
    health = taken(1, 10, 20)
    assert health.at().step == 20
    assert [found and found.step for found in map(health.at, (0, 1, 19, 20, 99))] == [None, 1, 10, 20, 20]
    assert [step for step, _ in health.of_layer("conv1")] == [1, 10, 20]
    assert health.largest_weight(15) == 10
    assert taken().largest_weight(15) is None


def test_going_back_forgets_later_readings():
    health = taken(1, 10, 20)
    assert health.take(Rewound(10))
    assert health.at().step == 10


@pytest.mark.parametrize(
    ("layer", "advice", "worst"),
    [
        (LayerHealth("a"), [], "good"),
        (LayerHealth("a", update_ratio=1e-3, gradient_norm=1.0, dead=0.05), [], "good"),
        (LayerHealth("a", update_ratio=0.02), ["fast"], "warning"),
        (LayerHealth("a", update_ratio=1e-5, dead=0.5), ["dead", "slow"], "bad"),
        (LayerHealth("a", dead=0.2, gradient_norm=1e9), ["exploding", "dead"], "bad"),
        (LayerHealth("a", gradient_norm=0.0), ["vanishing"], "bad"),
    ],
)
def test_limits_tell_what_is_wrong_the_worst_first(layer, advice, worst):
    assert [finding.advice for finding in findings(layer)] == advice
    assert verdict(layer) == worst
