"""Words for what is found about a layer's health."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from studio.models.health import Finding
from studio.models.readings import percent, three_digits


def finding_text(finding: Finding) -> str:
    """Say what was found, the threshold, and what to do."""
    translate = QCoreApplication.translate
    value = percent(finding.value) if finding.advice == "dead" else three_digits(finding.value)
    text = {
        "dead": translate(
            "Health",
            "{value} of the units give nothing for any picture (above 10 % is much, above 40 % bad). "
            "Lower the learning rate, or begin with smaller weights.",
        ),
        "exploding": translate(
            "Health",
            "The gradient's norm is {value} (above 1,000 is too much). "
            "Lower the learning rate, or add normalisation.",
        ),
        "vanishing": translate(
            "Health",
            "The gradient's norm is {value} (below 10⁻⁷ nothing is learned). "
            "Begin with larger weights, use ReLU, or add normalisation.",
        ),
        "fast": translate(
            "Health",
            "A step changes the weights by {value} of their size (about 0.001 is usual, above 0.01 is much). "
            "Lower the learning rate.",
        ),
        "slow": translate(
            "Health",
            "A step changes the weights by {value} of their size (about 0.001 is usual, below 0.0001 is "
            "little). Raise the learning rate of this layer, or look whether its inputs are 0.",
        ),
    }[finding.advice]
    return text.format(value=value)
