"""Lines of devices and ranks."""

from itertools import pairwise

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from engine.protocol.messages import Device, RankReading
from studio.models.run import RunModel
from studio.qt.dashboard.device_panel import LINE, DevicePanel, DeviceRow
from studio.qt.device_marks import device_colour
from tests.studio.fake_engine import FakeEngines, cpu

GPU = Device("H100", "gpu", 80.0, (), 61_000_000_000, 82_000_000_000, 60.0, 650.0)


@pytest.fixture
def show(qtbot):
    """Makes a panel that shows devices and ranks."""
    run = RunModel(FakeEngines())
    panel = DevicePanel(run)
    qtbot.addWidget(panel)

    def show(devices, ranks):
        run.record.devices, run.record.ranks = tuple(devices), tuple(ranks)
        run.devices_changed.emit()
        return panel

    return show


def test_ranks_on_the_cpu_have_a_line_each(show):
    panel = show(
        (cpu(),), (RankReading(0, "cpu", 11, True, 97.6, 312_000_000), RankReading(1, "cpu", 12, False, 0, 0))
    )
    words = [" ".join(label.text() for label in row.findChildren(QLabel)).strip() for row in panel.ranks]
    assert "A · CPU" in words[0]
    assert "98 % · 0.312" in words[0]
    assert "not responding" in words[1]
    show((cpu(),), ())
    assert panel.ranks == []


def test_a_rank_that_has_a_gpu_to_itself_is_told_on_its_line(show):
    """So that eight of them take a line each; one of these does not respond."""
    ranks = [
        RankReading(number, f"cuda:{number}", 11 + number, number != 5, 99.0, 10**9) for number in range(8)
    ]
    panel = show((cpu(), *[GPU] * 8), ranks)
    assert panel.ranks == []
    assert panel.sizeHint().height() <= 9 * (LINE + 2)
    assert "Rank 4, process 15 · 99 % · 1.00 GB" in panel.rows[5].accessibleName()
    assert "Rank 5, process 16 · not responding" in panel.rows[6].accessibleName()
    panel.resize(380, panel.sizeHint().height())
    panel.show()
    assert panel.rows[1].grab().toImage().pixelColor(6, LINE // 2) == device_colour(0)


@pytest.mark.parametrize("responds", [True, False])
@pytest.mark.parametrize("gpu", [GPU, msgspec.structs.replace(GPU, temperature=None, power=None)])
def test_what_is_written_on_a_line_does_not_meet(show, monkeypatch, gpu, responds):
    """Also that a rank does not respond, where there are no readings that leave room for that."""
    spans = []

    def note(row, painter, *what):
        x, width, text, side = what
        taken = painter.fontMetrics().horizontalAdvance(text)
        left = x + width - taken if side == Qt.AlignmentFlag.AlignRight else x
        spans.append((left, left + taken))

    monkeypatch.setattr(DeviceRow, "_write", note)
    panel = show((gpu,), [RankReading(0, "cuda:0", 11, responds, 99.0, 10**9)])
    panel.resize(320, panel.sizeHint().height())
    panel.rows[0].grab()
    assert all(before < left for (_, before), (left, _) in pairwise(spans))
    assert spans[-1][1] <= 320


def test_ranks_whose_gpus_cannot_be_read_have_lines_of_their_own(show):
    ranks = [RankReading(number, f"cuda:{number}", 11 + number, True, 99.0, 10**9) for number in range(2)]
    assert len(show((cpu(),), ranks).ranks) == 2
