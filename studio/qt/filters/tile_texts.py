"""What a tile of filters and a weight in it are, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from studio.models.pictured import Page
from studio.models.readings import three_digits

COLOURS = ("R", "G", "B")


def _tr(source: str) -> str:
    return QCoreApplication.translate("MosaicView", source)


def tile_text(page: Page, number: int, *, is_change: bool) -> str:
    """Return which filter a tile is, and below that its range."""
    part = page.tile(number)
    low, high = three_digits(float(part.min())), three_digits(float(part.max()))
    words = _tr("Changes from {low} to {high}") if is_change else _tr("Weights from {low} to {high}")
    return "\n".join((tile_title(page, number), words.format(low=low, high=high)))


def tile_title(page: Page, number: int) -> str:
    """Return which filter a tile is."""
    row, column = divmod(number, page.shown_channels) if page.is_table else (number, 0)
    if page.is_table:
        title = _tr("Filter {number} of {count}, input channel {channel} of {channels}")
    elif page.columns is not None:
        row = 0
        title = _tr("Filter {number} of {count} at row {down}, column {across}")
        if page.channels > page.shown_channels:
            title = _tr("Filter {number} of {count} at row {down}, column {across}, input channel {channel}")
    else:
        title = _tr("Filter {number} of {count}")
    return title.format(
        number=page.first_filter + row + 1,
        count=page.filters,
        channel=page.first_channel + column + 1,
        channels=page.channels,
        down=number // (page.columns or 1) + 1,
        across=number % (page.columns or 1) + 1,
    )


def weight_text(page: Page, number: int, place: tuple[int, int]) -> str:
    """Return the value, or three of them, at a place (row, column) of a tile, and which weight that is."""
    values = [three_digits(float(value)) for value in page.tile(number)[place]]
    if len(values) > 1:
        values = [f"{colour} {value}" for colour, value in zip(COLOURS, values, strict=True)]
    at = _tr("row {row}, column {column}").format(row=place[0] + 1, column=place[1] + 1)
    return " · ".join((*values, tile_title(page, number), at))
