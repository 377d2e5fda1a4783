"""What a network file says besides the network: how it is trained, and on which data."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.graph.schedules import Constant, Schedule
from engine.layers.fields import choice, real, text, whole


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a network is trained. The learning rate's course is ``schedule``."""

    schedule: Schedule = field(default_factory=Constant)
    batch_size: int = whole(
        128,
        title="Batch size",
        help="Pictures a training step sees, over all devices together.",
        group="training",
        maximum=65_536,
    )
    epochs: int = whole(
        10, title="Epochs", help="How often all training pictures are seen.", group="training"
    )
    momentum: float = real(
        0.9,
        minimum=0.0,
        maximum=1.0,
        open_maximum=True,
        title="Momentum",
        help="Share of the last step's change that is carried on.",
        group="training",
    )
    decay: float = real(
        0.0,
        minimum=0.0,
        title="Weight decay",
        help="Pulls weights towards 0; biases are left alone.",
        group="training",
    )
    seed: int = whole(
        0,
        minimum=0,
        maximum=2**31 - 1,
        title="Seed",
        help="Starting weights, order of pictures and dropout follow from it.",
        group="training",
    )
    test_every: int = whole(
        1,
        title="Test every",
        unit="epochs",
        help="How often validation and test errors are measured.",
        group="training",
    )
    checkpoint_every: int = whole(
        1,
        title="Checkpoint every",
        unit="epochs",
        help="How often a checkpoint is written.",
        group="training",
    )
    keep_checkpoints: int = whole(
        3,
        title="Keep checkpoints",
        help="How many of the newest checkpoints are kept.",
        group="training",
        minimum=2,
    )


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Which pictures are trained on, and how they become numbers around zero: (picture − mean) · scale."""

    source: str = choice(
        "shapes",
        (("digits", "Digits (built in)"), ("shapes", "Shapes (built in)"), ("path", "File or folder")),
        title="Data set",
        help="A built-in data set, or one of your own.",
        group="data",
    )
    path: str = text(
        "",
        title="Path",
        help="The file or folder of your own data set, relative to the network file.",
        group="data",
    )
    mean: str = choice(
        "picture",
        (("picture", "Mean picture"), ("channel", "Mean of each channel"), ("none", "Nothing")),
        title="Subtract",
        help="What is subtracted from each picture, taken over the training pictures.",
        group="data",
    )
    scale: float = real(
        1 / 64,
        minimum=0.0,
        open_minimum=True,
        title="Scale",
        help="What is left is multiplied by this; 1/64 brings pictures to a deviation of about 1.",
        group="data",
    )
