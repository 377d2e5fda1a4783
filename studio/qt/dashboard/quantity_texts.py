"""Words and numbers for what the plots show."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from engine.protocol.messages import CheckpointKept, Edited, LossSpiked, Rewound
from studio.models.curves import Quantity
from studio.models.marks import Mark
from studio.models.readings import percent, three_digits


def quantity_title(quantity: Quantity) -> str:
    """Return the name of a quantity with its unit; the costs' further figures name themselves."""
    translate = QCoreApplication.translate
    known = {
        "loss": translate("Curves", "Loss, nats"),
        "error": translate("Curves", "Error, %"),
        "rate": translate("Curves", "Learning rate"),
        "speed": translate("Curves", "Images/s"),
    }
    if quantity in known:
        return known[quantity]
    name = quantity[:1].upper() + quantity[1:]
    return f"{name}, %" if quantity.endswith("error") else name


def quantity_value(quantity: Quantity, value: float) -> str:
    """Return a value as it is read out."""
    return percent(value) if quantity.endswith("error") else three_digits(value)


def mark_text(mark: Mark) -> str:
    """Say what happened."""
    translate = QCoreApplication.translate
    match mark:
        case Edited(setting=setting, old=old, new=new):
            names = {
                "rate": translate("Curves", "learning rate"),
                "momentum": translate("Curves", "momentum"),
                "decay": translate("Curves", "weight decay"),
                "epochs": translate("Curves", "epochs"),
                "early_stop": translate("Curves", "early stop"),
            }
            if setting == "keep_best":
                kept = translate("Curves", "the best is kept")
                return kept if new else translate("Curves", "the best is not kept")
            return f"{names[setting]} {old:g} → {new:g}"
        case LossSpiked(loss=loss):
            return translate("Curves", "the loss leapt to {loss}").format(loss=three_digits(loss))
        case Rewound(cause=None):
            return translate("Curves", "rolled back to here")
        case Rewound():
            return translate("Curves", "rolled back to here from numbers that were not finite")
        case CheckpointKept():
            return translate("Curves", "checkpoint")
