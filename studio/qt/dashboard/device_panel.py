"""How busy the engine's devices are: a line each, so that eight of them are still read at a glance."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.protocol.messages import Device, RankReading
from studio.models.readings import gigabytes, three_digits
from studio.models.run import RunModel
from studio.qt import theme
from studio.qt.dashboard.rank_row import RankRow, not_responding, rank_facts
from studio.qt.device_marks import paint_device
from studio.qt.labels import Label

LINE = 18
"""Height of a device's line, px."""

NAME, LOAD, SENSORS = 44, 38, 80
"""Widths of the texts of a line, px: name, load, temperature and power."""

_WIDEST = "0.888 / 88.8 GB"
"""The widest text that memory comes to."""

LEAST_BARS = 12
"""Width that both bars together have at least, px: numbers come first where there is little room."""

GAP = 6

MARK = 12
"""Side of the mark of a rank's logical device, px."""


class DevicePanel(QWidget):
    """The lines of all devices, from the newest heartbeat."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self.rows: list[DeviceRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._empty = Label(self.tr("Load and memory of each device, while a training runs"), "secondary")
        self._empty.setWordWrap(True)
        self.ranks: list[RankRow] = []
        self._column.addWidget(self._empty)
        run.devices_changed.connect(self._on_devices)
        run.run_replaced.connect(self._on_devices)
        self._on_devices()

    def _on_devices(self) -> None:
        devices = self._run.record.devices
        while len(self.rows) > len(devices):
            row = self.rows.pop()
            row.hide()
            row.deleteLater()
        while len(self.rows) < len(devices):
            self.rows.append(DeviceRow())
            self._column.addWidget(self.rows[-1])
        self._empty.setVisible(not devices)
        left = {rank.rank: rank for rank in self._run.record.ranks}
        gpus = 0
        for row, device in zip(self.rows, devices, strict=True):
            if device.kind == "cpu":
                row.show_device(device, "CPU")
            else:
                name = f"cuda:{gpus}"
                here = [rank for rank in left.values() if rank.device == name and not rank.host]
                row.show_device(device, f"GPU {gpus}", left.pop(here[0].rank) if here else None)
                gpus += 1
        self._show_ranks(list(left.values()))

    def _show_ranks(self, ranks: Sequence[RankReading]) -> None:
        """Show a line for each rank that has no device to itself, below the devices."""
        while len(self.ranks) > len(ranks):
            row = self.ranks.pop()
            row.hide()
            row.deleteLater()
        while len(self.ranks) < len(ranks):
            self.ranks.append(RankRow())
            self._column.addWidget(self.ranks[-1])
        for row, rank in zip(self.ranks, ranks, strict=True):
            row.show_rank(rank)


class DeviceRow(QWidget):
    """One device: a cell a core, filled from below by its load; a bar for the memory; numbers beside both.

    That of a rank has the mark of the rank's logical device.
    """

    def __init__(self) -> None:
        super().__init__()
        self._device: Device | None = None
        self._rank: RankReading | None = None
        self._name = ""
        self._memory = QFontMetrics(theme.secondary_font()).horizontalAdvance(_WIDEST) + GAP  # px
        self.setFixedHeight(LINE)

    def sizeHint(self) -> QSize:
        return QSize(320, LINE)

    def show_device(self, device: Device, name: str, rank: RankReading | None = None) -> None:
        """Show a device's readings under a short name, and the rank that has it to itself."""
        if (device, name, rank) != (self._device, self._name, self._rank):
            self._device, self._name, self._rank = device, name, rank
            facts = [*self._facts(device), *(rank_facts(rank) if rank is not None else ())]
            self.setToolTip("\n".join((device.name, *facts)))
            self.setAccessibleName(" · ".join((name, *facts)))
            self.update()

    def _facts(self, device: Device) -> list[str]:
        facts = [self.tr("load {load} %").format(load=round(device.utilisation))]
        if len(device.cores) > 1:
            cores = " · ".join(f"{load:.0f}" for load in device.cores)
            facts.append(self.tr("cores {loads} %").format(loads=cores))
        memory = self.tr("memory {used} of {total}")
        facts.append(memory.format(used=gigabytes(device.memory_used), total=gigabytes(device.memory_total)))
        return [*facts, *_sensors(device)]

    def paintEvent(self, event: QPaintEvent) -> None:
        device = self._device
        if device is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.secondary_font())
        is_silent = self._rank is not None and not self._rank.responding
        last = not_responding() if is_silent else " ".join(_sensors(device))
        end = max(SENSORS, painter.fontMetrics().horizontalAdvance(last) + GAP) if last else 0
        x = 0
        if self._rank is not None:
            paint_device(painter, QRectF(0, (LINE - MARK) / 2, MARK, MARK), self._rank.rank)
            x = MARK + GAP
        room = max(LEAST_BARS, self.width() - x - NAME - LOAD - self._memory - end - 2 * GAP)
        loads = round(0.62 * room)
        painter.setPen(theme.colour("text"))
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        self._write(painter, x, NAME, self._name, left)
        x += NAME
        _paint_cells(painter, QRectF(x, 2, loads, LINE - 4), device.cores or (device.utilisation,))
        painter.setPen(theme.colour("secondary"))
        self._write(painter, x + loads, LOAD, f"{device.utilisation:.0f} %", right)
        x += loads + LOAD + GAP
        share = device.memory_used / max(1, device.memory_total)
        _paint_bar(painter, QRectF(x, 2, room - loads, LINE - 4), share)
        x += room - loads + GAP
        used, total = three_digits(device.memory_used / 1e9), three_digits(device.memory_total / 1e9)
        painter.setPen(theme.colour("secondary"))
        self._write(painter, x, self._memory, f"{used} / {total} GB", left)
        if is_silent:
            painter.setPen(theme.colour("error"))
        self._write(painter, self.width() - end, end, last, right)

    def _write(self, painter: QPainter, x: int, width: int, text: str, side: Qt.AlignmentFlag) -> None:
        painter.drawText(QRect(x, 0, width, LINE), side | Qt.AlignmentFlag.AlignVCenter, text)


def _sensors(device: Device) -> list[str]:
    found = []
    if device.temperature is not None:
        found.append(f"{device.temperature:.0f} °C")
    if device.power is not None:
        found.append(f"{device.power:.0f} W")
    return found


def _paint_cells(painter: QPainter, place: QRectF, loads: tuple[float, ...]) -> None:
    """Paint a cell a load in per cent, full from below: it is read without telling shades apart."""
    width = place.width() / len(loads)
    for number, load in enumerate(loads):
        cell = QRectF(place.x() + number * width, place.y(), max(1.0, width - 1), place.height())
        share = min(1.0, max(0.0, load / 100))
        painter.fillRect(cell, theme.colour("line"))
        full = cell.adjusted(0, cell.height() * (1 - share), 0, 0)
        painter.fillRect(full, theme.colour("accent", 0.4 + 0.6 * share))


def _paint_bar(painter: QPainter, place: QRectF, share: float) -> None:
    """Paint how much of the memory is used, from the left; nearly all of it is a warning."""
    painter.fillRect(place, theme.colour("line"))
    used = QRectF(place.x(), place.y(), place.width() * min(1.0, share), place.height())
    painter.fillRect(used, theme.colour("warning" if share > 0.95 else "secondary", 0.7))
