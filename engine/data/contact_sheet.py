"""Draws a sheet with the first pictures of each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.data.dataset import Dataset, Split
from engine.errors import DataError

MOST_CLASSES = 100
"""Classes on a sheet; those after them are left out."""

_COLUMNS = 12
_CELL = 64
_GAP = 4
_NAMES_WIDTH = 160
_PAPER, _INK = "white", "black"


def draw_sheet(dataset: Dataset, columns: int = _COLUMNS) -> Image.Image:
    """Draw a row for each class: its name, and its first ``columns`` training pictures."""
    names = dataset.class_names[:MOST_CLASSES]
    step = _CELL + _GAP
    sheet = Image.new("RGB", (_NAMES_WIDTH + columns * step + _GAP, len(names) * step + _GAP), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    train = dataset.split("train")
    for label, name in enumerate(names):
        top = _GAP + label * step
        place = (_GAP, top + _CELL // 2)
        pen.text(place, _cut_text(name, font), fill=_INK, font=font, anchor="lm")
        for column, picture in enumerate(_first(train, label, columns)):
            sheet.paste(picture, (_NAMES_WIDTH + column * step, top))
    return sheet


def save_sheet(dataset: Dataset, path: Path) -> None:
    """Write a contact sheet as a PNG; raises DataError where it cannot be written."""
    try:
        draw_sheet(dataset).save(path, "PNG")
    except OSError as error:
        found = error.strerror or str(error)
        raise DataError(source=path, expected="a file to write to", found=found, hint="") from error


def _first(split: Split, label: int, count: int) -> list[Image.Image]:
    places = np.flatnonzero(split.labels == label)[:count]
    return [_cell(picture) for picture in split.pictures[places]]


def _cell(picture: np.ndarray) -> Image.Image:
    """A picture scaled into a cell; small ones show their pixels."""
    image = Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture[..., :3]).convert("RGB")
    scale = _CELL / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    method = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    cell = Image.new("RGB", (_CELL, _CELL), _PAPER)
    cell.paste(image.resize(size, method), ((_CELL - size[0]) // 2, (_CELL - size[1]) // 2))
    return cell


def _cut_text(name: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    room = _NAMES_WIDTH - 2 * _GAP
    if font.getlength(name) <= room:
        return name
    while name and font.getlength(name + "…") > room:
        name = name[:-1]
    return name + "…"
