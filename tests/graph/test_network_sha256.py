"""The hash of a network changes with all that a training depends on, and with nothing else."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace

from engine.graph.comment import Comment
from engine.graph.network_file import NetworkFile, dumps, loads, network_sha256
from engine.graph.schedules import Constant
from engine.graph.settings import TrainingSettings
from engine.graph.split import ONE_DEVICE, Split
from engine.layers.conv import Conv
from engine.layers.fields import whole
from tests.graph.networks import small_graph

NETWORK = NetworkFile(small_graph(), TrainingSettings(batch_size=32, schedule=Constant(rate=0.1)))


@dataclass(frozen=True, kw_only=True)
class Later(TrainingSettings):
    """The settings of a later version, which has one more."""

    laps: int = whole(7, title="Laps", help="")


def test_a_setting_that_a_later_version_adds_changes_no_hash() -> None:
    """Or else no run of the version before could be resumed."""
    own = {
        field.name: getattr(NETWORK.training, field.name) for field in dataclasses.fields(TrainingSettings)
    }
    later = replace(NETWORK, training=Later(**own))
    assert network_sha256(later) == network_sha256(NETWORK)
    assert network_sha256(replace(NETWORK, training=Later(**own, laps=8))) != network_sha256(NETWORK)


def test_the_drawing_does_not_count_and_all_else_does() -> None:
    comments = {"note": Comment("words", (0.0, 0.0), (10.0, 10.0))}
    drawn = replace(NETWORK, positions={"data": (1.0, 2.0)}, comments=comments)
    assert network_sha256(drawn) == network_sha256(NETWORK) == network_sha256(loads(dumps(NETWORK)))
    other = NETWORK.graph.copy()
    conv = other["conv1"]
    assert isinstance(conv, Conv)
    other.replace("conv1", replace(conv, filters=conv.filters + 1))
    changed = [
        replace(NETWORK, graph=other),
        replace(NETWORK, training=replace(NETWORK.training, seed=1)),
        replace(NETWORK, training=replace(NETWORK.training, schedule=Constant(rate=0.2))),
        replace(NETWORK, data=replace(NETWORK.data, mirror=True)),
        replace(NETWORK, splits=(ONE_DEVICE, Split("two", ("A", "B")))),
    ]
    assert len({network_sha256(network) for network in (NETWORK, *changed)}) == len(changed) + 1


def test_the_hash_of_a_network_is_what_it_was() -> None:
    """Checkpoints hold it: it stays, whatever becomes of the program."""
    assert network_sha256(NETWORK) == "a0d8f088d4689bff1a0d9d34096cba7e957f5540e561131d1aa746703f1c8957"
