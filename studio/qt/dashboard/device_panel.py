"""How busy the engine's devices are: a compact row each."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.protocol.messages import Device
from studio.models.readings import gigabytes
from studio.models.run import RunModel
from studio.qt import theme
from studio.qt.labels import Label, ShortLabel

CELL = 14
"""Height of a heat cell, px."""
WIDEST_CELL = 48
"""Width of a cell where there are few cores, px."""


class DevicePanel(QWidget):
    """The rows of all devices, from the newest heartbeat."""

    def __init__(self, run: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self.rows: list[DeviceRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._empty = Label(self.tr("Load and memory of each device, while a training runs"), "secondary")
        self._empty.setWordWrap(True)
        self._column.addWidget(self._empty)
        run.devices_changed.connect(self._on_devices)
        run.run_replaced.connect(self._on_devices)
        self._on_devices()

    def _on_devices(self) -> None:
        devices = self._run.devices
        while len(self.rows) > len(devices):
            self.rows.pop().deleteLater()
        while len(self.rows) < len(devices):
            self.rows.append(DeviceRow())
            self._column.addWidget(self.rows[-1])
        self._empty.setVisible(not devices)
        for row, device in zip(self.rows, devices, strict=True):
            row.show_device(device)


class DeviceRow(QWidget):
    """One device: its name, how busy it is as heat, and its memory."""

    def __init__(self) -> None:
        super().__init__()
        self._name = ShortLabel()
        self._load = HeatRow()
        self._facts = ShortLabel(rank="secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self._name, self._load, self._facts):
            column.addWidget(widget)

    def show_device(self, device: Device) -> None:
        """Show a device's readings."""
        self._name.set_text(device.name)
        self._load.show_loads(device.cores or (device.utilisation,), device.utilisation)
        memory = self.tr("{used} of {total}").format(
            used=gigabytes(device.memory_used), total=gigabytes(device.memory_total)
        )
        facts = [memory]
        if device.temperature is not None:
            facts.append(f"{device.temperature:.0f} °C")
        if device.power is not None:
            facts.append(f"{device.power:.0f} W")
        if device.clock is not None:
            facts.append(f"{device.clock:,.0f} MHz")
        self._facts.set_text(" · ".join(facts))


class HeatRow(QWidget):
    """Cells that are the fuller the busier a core is, and the mean as a number."""

    def __init__(self) -> None:
        super().__init__()
        self._loads: tuple[float, ...] = ()
        self._mean = 0.0
        self.setMinimumHeight(CELL)

    def sizeHint(self) -> QSize:
        return QSize(160, CELL)

    def show_loads(self, loads: tuple[float, ...], mean: float) -> None:
        """Show loads in per cent."""
        if (loads, mean) != (self._loads, self._mean):
            self._loads, self._mean = loads, mean
            self.setToolTip(" · ".join(f"{load:.0f} %" for load in loads))
            self.setAccessibleName(self.tr("Load {load} %").format(load=round(mean)))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.secondary_font())
        for cell, load in zip(self._cells(painter.fontMetrics()), self._loads, strict=True):
            _paint_cell(painter, cell, load / 100)
        painter.setPen(theme.colour("secondary"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), right, f"{self._mean:.0f} %")

    def _cells(self, metrics: QFontMetrics) -> list[QRectF]:
        """Places of the cells: as wide as there is room for, but so that few cores do not look like bars."""
        count = len(self._loads)
        room = self.width() - metrics.horizontalAdvance("100 %") - 8
        width = max(2.0, room / count if count == 1 else min(room / max(1, count), WIDEST_CELL))
        return [QRectF(index * width, 0, width - 1, self.height()) for index in range(count)]


def _paint_cell(painter: QPainter, cell: QRectF, load: float) -> None:
    """Fill a cell from below, so that the load can be read without telling shades apart."""
    load = min(1.0, max(0.0, load))
    painter.fillRect(cell, theme.colour("line"))
    full = cell.adjusted(0, cell.height() * (1 - load), 0, 0)
    painter.fillRect(full, theme.colour("accent", 0.4 + 0.6 * load))
