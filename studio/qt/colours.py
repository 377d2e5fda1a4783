"""The studio's colours, light and dark, by what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from engine.layers.base import Family


@dataclass(frozen=True, kw_only=True)
class Colours:
    """Colours by what they are for, as "#RRGGBB"."""

    background: str  # behind everything
    surface: str  # cards, panels, fields, plots
    hover: str  # a surface under the pointer
    line: str  # borders, grids, separators
    edge: str  # borders of what can be typed in or pressed
    text: str
    secondary: str  # notes, units, captions
    disabled: str  # text that does nothing now
    accent: str  # selection, focus, the one main action
    on_accent: str  # text on the accent
    selection: str  # tint of what is selected
    error: str
    warning: str
    success: str
    wire: str  # wires of the network
    families: MappingProxyType[Family, str]  # hue of a layer's band and icon
    devices: tuple[str, ...]  # Okabe–Ito, in the order of logical devices; each goes with a pattern
    lines: tuple[str, ...]  # the same hues, so dark or light that thin lines stand out; each goes with a dash


@dataclass(frozen=True)
class Theme:
    """A set of colours, and whether they are dark."""

    name: Literal["light", "dark"]
    colours: Colours

    @property
    def is_dark(self) -> bool:
        """Whether text is lighter than its background."""
        return self.name == "dark"


OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")

LIGHT = Theme(
    "light",
    Colours(
        background="#F6F7F9",
        surface="#FFFFFF",
        hover="#EEF1F5",
        line="#D9DDE3",
        edge="#C3C9D2",
        text="#1D222B",
        secondary="#5B6472",
        disabled="#A3ABB7",
        accent="#2563C9",
        on_accent="#FFFFFF",
        selection="#DCE7F8",
        error="#C62F3B",
        warning="#9A5B00",  # the darker brother of #B26A00, which is too faint for text
        success="#1F7A4D",
        wire="#8A94A3",
        families=MappingProxyType(
            {
                "data": "#52708F",
                "convolution": "#2563C9",
                "pooling": "#0B8480",
                "normalisation": "#2F7D3B",
                "dense": "#7A4FC4",
                "activation": "#B26A00",
                "regularisation": "#7A6A3F",
                "joining": "#A0522D",
                "cost": "#B83280",
            }
        ),
        devices=OKABE_ITO,
        lines=("#0072B2", "#C07A00", "#00805E", "#B4588E", "#2B8CC4", "#C24F00", "#857D00"),
    ),
)

DARK = Theme(
    "dark",
    Colours(
        background="#1A1D23",
        surface="#22262E",
        hover="#2B303A",
        line="#343A45",
        edge="#454D5B",
        text="#E7EAEF",
        secondary="#9AA4B2",
        disabled="#636C7A",
        accent="#6EA8FF",
        on_accent="#10141B",
        selection="#2C3F5E",
        error="#FF7A85",
        warning="#F2B84B",
        success="#5CC98F",
        wire="#6C7686",
        families=MappingProxyType(
            {
                "data": "#8FB0CF",
                "convolution": "#6EA8FF",
                "pooling": "#4CC2BC",
                "normalisation": "#7FCB8A",
                "dense": "#B794F6",
                "activation": "#F2B84B",
                "regularisation": "#C9B77F",
                "joining": "#E0A080",
                "cost": "#F27EBB",
            }
        ),
        devices=OKABE_ITO,
        lines=("#3B9BDB", "#E69F00", "#00B886", "#CC79A7", "#7CC7F2", "#F0762B", "#F0E442"),
    ),
)
