"""What is shown before there is a network: examples and recent files in miniature, or an empty canvas."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ConvNetError
from engine.graph import network_file
from engine.graph.examples import example_names, load_example
from engine.graph.network_file import NetworkFile
from studio.qt.canvas.miniature import miniature
from studio.qt.labels import Label, SectionTitle

EXAMPLE_TITLES = {
    "digits": "Digits: written by hand",
    "shapes": "Shapes: ten classes",
    "lenet5": "LeNet-5",
    "cifar10": "CIFAR-10, as in the talk",
    "cifar10-long": "CIFAR-10, 120 epochs",
    "imagenet": "ImageNet, as in the talk",
    "resnet20": "ResNet-20",
}
"""English source texts of the examples' titles, in the order of the page."""

_PICTURE = QSize(168, 96)
_TILE = QSize(188, 136)
_TILE_MARGIN = 4
"""Left of each tile, as the style sheet has it, px."""
_MOST_RECENT = 6
_KEY = Qt.ItemDataRole.UserRole


class StartPage(QScrollArea):
    """Tiles to start from. Pictures are drawn once the page is on the screen, one after the other."""

    empty_chosen = Signal()
    example_chosen = Signal(str)
    recent_chosen = Signal(Path)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pending: list[tuple[QListWidgetItem, Callable[[], NetworkFile]]] = []
        self._timer = QTimer(self, interval=0, singleShot=True)
        self._timer.timeout.connect(self._draw_next)
        self.examples = _Tiles(self.tr("Examples"))
        self.recent = _Tiles(self.tr("Recent networks"))
        self._recent_title = SectionTitle(self.tr("Go on with"))
        self.setWidget(self._page())
        self.examples.chosen.connect(self._on_example)
        self.recent.chosen.connect(lambda path: self.recent_chosen.emit(Path(path)))
        self._fill_examples()
        self.show_recent(())

    def _page(self) -> QWidget:
        title = Label(self.tr("Draw a network"), "heading")
        note = Label(self.tr("A network file or a folder of pictures may be dropped here."), "secondary")
        examples_title = SectionTitle(self.tr("Start with"))
        for label in (title, note, self._recent_title, examples_title):
            label.setIndent(_TILE_MARGIN)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(28, 24, 28, 24)
        column.setSpacing(4)
        for part in (title, note, self._recent_title, self.recent, examples_title, self.examples):
            column.addWidget(part)
        column.addStretch()
        return page

    def show_recent(self, paths: Sequence[Path]) -> None:
        """Show the files that were used last."""
        self._pending = [each for each in self._pending if each[0].listWidget() is not self.recent]
        self.recent.clear()
        names = [path.name for path in paths[:_MOST_RECENT]]
        for path in paths[:_MOST_RECENT]:
            is_alone = names.count(path.name) == 1
            title = path.name if is_alone else f"{path.parent.name}/{path.name}"
            item = self.recent.add(title, str(path), str(path))
            self._pending.append((item, partial(network_file.load, path)))
        for part in (self._recent_title, self.recent):
            part.setVisible(bool(paths))
        self.recent.fit()
        self._timer.start()

    def _fill_examples(self) -> None:
        self._pending = [each for each in self._pending if each[0].listWidget() is not self.examples]
        self.examples.clear()
        empty = self.examples.add(self.tr("Empty network"), "", self.tr("Drag layers, or press Tab"))
        self._pending.append((empty, NetworkFile))
        known = [name for name in EXAMPLE_TITLES if name in example_names()]
        for name in [*known, *(name for name in example_names() if name not in known)]:
            title = QCoreApplication.translate("examples", EXAMPLE_TITLES.get(name, name))
            item = self.examples.add(title, name, self.tr("Start with a copy of {name}").format(name=name))
            self._pending.append((item, partial(load_example, name)))
        self._timer.start()

    def _draw_next(self) -> None:
        """Draw one picture; a file that cannot be read keeps its name only."""
        if not self._pending or not self.isVisible():
            return
        item, load = self._pending.pop(0)
        with contextlib.suppress(ConvNetError):
            item.setIcon(_icon(miniature(load(), _PICTURE, self.devicePixelRatioF())))
        if self._pending:
            self._timer.start()

    def _on_example(self, name: str) -> None:
        if name:
            self.example_chosen.emit(name)
        else:
            self.empty_chosen.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "examples"):
            self._fill_examples()


class _Tiles(QListWidget):
    """Pictures with titles, as many abreast as there is room for. ``chosen`` carries a tile's key."""

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("tiles")
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setIconSize(_PICTURE)
        self.setGridSize(_TILE)
        self.setWordWrap(True)
        self.setUniformItemSizes(True)  # Japanese is higher than Latin
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemClicked.connect(self._on_chosen)
        self.itemActivated.connect(self._on_chosen)

    def add(self, title: str, key: str, explanation: str) -> QListWidgetItem:
        """Add a tile."""
        blank = QPixmap(_PICTURE)
        blank.fill(Qt.GlobalColor.transparent)
        item = QListWidgetItem(QIcon(blank), title, self)
        item.setData(_KEY, key)
        item.setToolTip(explanation)
        return item

    def fit(self) -> None:
        """Be as high as all tiles are."""
        abreast = max(1, (self.width() - 4) // _TILE.width())
        rows = -(-self.count() // abreast)
        self.setFixedHeight(rows * _TILE.height() + 4)

    def _on_chosen(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_KEY))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()


def _icon(picture: QPixmap) -> QIcon:
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)
    return icon
