"""What a network file says besides the network: how it is trained, and on which data."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.graph.schedules import Constant, Schedule
from engine.layers.fields import choice, flag, real, text, whole


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
    optimiser: str = choice(
        "sgd",
        (("sgd", "Momentum SGD"), ("adamw", "AdamW")),
        title="Optimiser",
        help="How gradients move the weights. AdamW likes rates of about 0.001.",
        group="training",
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
    second_momentum: float = real(
        0.999,
        minimum=0.0,
        maximum=1.0,
        open_maximum=True,
        title="Second momentum",
        help="AdamW: share of the mean square of the gradients that is carried on.",
        group="training",
    )
    epsilon: float = real(
        1e-8,
        minimum=0.0,
        open_minimum=True,
        title="Epsilon",
        help="AdamW: added to the root of the mean square, so that nothing is divided by 0.",
        group="training",
    )
    decay: float = real(
        0.0,
        minimum=0.0,
        title="Weight decay",
        help="Pulls weights towards 0; biases are left alone.",
        group="training",
    )
    precision: str = choice(
        "auto",
        (
            ("auto", "As fits the device"),
            ("bfloat16", "bfloat16"),
            ("tf32", "TF32"),
            ("float32", "float32"),
        ),
        title="Precision",
        help="What a GPU multiplies with. Sums and weights are float32 always, and so is all on the CPU. "
        "What fits is bfloat16 from compute capability 8.0 on, and float32 before. TF32 rounds less, and is "
        "slower.",
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
    keep_best: bool = flag(
        True,
        title="Keep the best",
        help="The checkpoint with the least validation error so far is kept, too.",
        group="training",
    )
    early_stop: int = whole(
        0,
        minimum=0,
        title="Early stop",
        unit="tests",
        help="Training ends after so many tests without a lower validation error; 0 never ends it early.",
        group="training",
    )


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Which pictures are trained on, how they become numbers around zero, (picture − mean) · scale, and how
    they are varied. Pictures larger than the network's data layer are cropped to it.
    """

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
    size: int = whole(
        0,
        minimum=0,
        maximum=4096,
        title="Picture size",
        unit="px",
        help="The shortest side of picture files is scaled to this, and the middle square is kept. "
        "0 leaves them as they are; all must be of one size then.",
        group="data",
    )
    colour: str = choice(
        "colour",
        (("colour", "Colour"), ("grey", "Grey")),
        title="Read as",
        help="Picture files become colour pictures of 3 channels, or grey ones of 1.",
        group="data",
    )
    validation: float = real(
        0.1,
        minimum=0.0,
        maximum=0.9,
        title="Validation share",
        help="How much of the training pictures of your own data is kept for validation, "
        "where the data has no validation pictures.",
        group="data",
    )
    mean: str = choice(
        "picture",
        (
            ("picture", "Mean picture"),
            ("channel", "Mean of each channel"),
            ("scalar", "Mean of all values"),
            ("none", "Nothing"),
        ),
        title="Subtract",
        help="What is subtracted from each picture, taken over the training pictures.",
        group="data",
    )
    scale: float = real(
        1 / 64,
        minimum=0.0,
        open_minimum=True,
        title="Scale",
        help="What is left is multiplied by this; 1/64 brings pictures to a deviation of about 1, "
        "1 keeps the range of the pixels.",
        group="data",
    )
    border: int = whole(
        0,
        minimum=0,
        maximum=1024,
        title="Border",
        unit="px",
        help="Width of a border of zeros around the pictures, out of which larger crops can be cut.",
        group="data",
    )
    random_crop: bool = flag(
        True,
        title="Random crop",
        help="In training, crops are cut at random places; otherwise, and at tests, from the middle.",
        group="data",
    )
    mirror: bool = flag(
        False,
        title="Mirror",
        help="In training, half of the pictures are mirrored, left to right.",
        group="data",
    )
    colour_noise: float = real(
        0.0,
        minimum=0.0,
        maximum=10.0,
        title="Colour noise",
        help="In training, colours are shifted along their principal components, by this times their "
        "deviations on average; 0.1 is usual.",
        group="data",
    )
    test_views: str = choice(
        "one",
        (
            ("one", "The middle"),
            ("ten", "Corners and middle, and their mirror images (10)"),
            ("nine", "A grid of 3 × 3 (9)"),
        ),
        title="Test views",
        help="The crops of a test picture over which the network's answers are averaged.",
        group="data",
    )
