"""Pictures of a data set: the mean, a sheet of all classes, and what becomes of some in training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.protocol.previews import ClassSeen, Picture, Varied
from studio.qt import theme

_GAP = 4
_SHEET_CELL = 32
_NAME_WIDTH = 104
_NAME_ROOM = _NAME_WIDTH - 2 * _GAP
_VARIED_CELL = 64
_ARROW_WIDTH = 32


class MeanPicture(QWidget):
    """One picture, its pixels as large as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.setMinimumSize(96, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_picture(self, picture: Picture) -> None:
        """Show a picture."""
        self._image = as_image(picture)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint(QPainter(self), self._image, self.rect())


class _Blocks(QWidget):
    """Blocks of one size side by side, as many in a row as fit, and rows as are needed."""

    def __init__(self, size: QSize) -> None:
        super().__init__()
        self._block = size
        self._count = 0
        self.setMinimumWidth(size.width())
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return -(-self._count // self._columns(width)) * self._block.height()

    def sizeHint(self) -> QSize:
        return QSize(2 * self._block.width(), self.heightForWidth(max(self.width(), 1)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(self.heightForWidth(self.width()))

    def show_blocks(self, count: int) -> None:
        """Make room for so many blocks."""
        self._count = count
        self.setFixedHeight(self.heightForWidth(self.width()))
        self.update()

    def corners(self) -> Iterator[QPoint]:
        """Yield the upper left corner of each block; they are read from top to bottom."""
        columns = self._columns(self.width())
        rows = -(-self._count // columns)
        for number in range(self._count):
            column, row = divmod(number, rows)
            yield QPoint(column * self._block.width(), row * self._block.height())

    def _columns(self, width: int) -> int:
        return max(1, width // self._block.width())


class ContactSheet(_Blocks):
    """The first training pictures of each class, beside its name."""

    def __init__(self, samples: int) -> None:
        cell = _SHEET_CELL + _GAP
        super().__init__(QSize(_NAME_WIDTH + samples * cell + 2 * _GAP, cell))
        self._rows: list[tuple[str, list[QImage]]] = []

    def show_classes(self, classes: Sequence[ClassSeen]) -> None:
        """Show classes, those that have pictures."""
        self._rows = [
            (of.name, [as_image(picture) for picture in of.samples]) for of in classes if of.samples
        ]
        self.show_blocks(len(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme.colour("text"))
        painter.setFont(self.name_font())
        for corner, (name, images) in zip(self.corners(), self._rows, strict=True):
            _paint_name(painter, QRect(corner, QSize(_NAME_ROOM, _SHEET_CELL)), name)
            for number, image in enumerate(images):
                left = corner.x() + _NAME_WIDTH + number * (_SHEET_CELL + _GAP)
                _paint(painter, image, QRect(left, corner.y(), _SHEET_CELL, _SHEET_CELL))

    def name_font(self) -> QFont:
        """Return the font of all names: a smaller one where not all of them have room in one line."""
        font = theme.body_font()
        widest = max((QFontMetrics(font).horizontalAdvance(name) for name, _ in self._rows), default=0)
        return font if widest <= _NAME_ROOM else theme.secondary_font()


class VariedPictures(_Blocks):
    """Pictures, and after an arrow what the network is given of each in some epochs."""

    def __init__(self, epochs: int) -> None:
        width = _VARIED_CELL + _ARROW_WIDTH + epochs * (_VARIED_CELL + _GAP) + 6 * _GAP
        super().__init__(QSize(width, _VARIED_CELL + 2 * _GAP))
        self._rows: list[tuple[QImage, list[QImage]]] = []

    def show_varied(self, varied: Sequence[Varied]) -> None:
        """Show pictures before and after."""
        self._rows = [(as_image(one.before), [as_image(after) for after in one.after]) for one in varied]
        self.show_blocks(len(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for corner, (before, after) in zip(self.corners(), self._rows, strict=True):
            # One scale for all, so that a crop looks as small as it is.
            scale = max(1, _VARIED_CELL // max(before.width(), before.height(), 1))
            cell = QRect(corner, QSize(_VARIED_CELL, _VARIED_CELL))
            _paint(painter, before, cell, scale)
            painter.setPen(theme.colour("secondary"))
            arrow = QRect(cell.right(), cell.top(), _ARROW_WIDTH, _VARIED_CELL)
            painter.drawText(arrow, Qt.AlignmentFlag.AlignCenter, "→")
            for number, image in enumerate(after):
                left = arrow.right() + number * (_VARIED_CELL + _GAP)
                _paint(painter, image, QRect(left, cell.top(), _VARIED_CELL, _VARIED_CELL), scale)


def as_image(picture: Picture) -> QImage:
    """Return a picture as Qt has it."""
    image = QImage(
        picture.pixels, picture.width, picture.height, 3 * picture.width, QImage.Format.Format_RGB888
    )
    return image.copy()  # the bytes need not live on


def _paint_name(painter: QPainter, place: QRect, name: str) -> None:
    """Write a name in one line, or in two at its spaces."""
    if " " not in name:
        name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, place.width())
    left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    painter.drawText(place, left | Qt.TextFlag.TextWordWrap, name)


def _paint(painter: QPainter, image: QImage, cell: QRect, scale: int | None = None) -> None:
    """Paint an image in the middle of a cell, each pixel a whole number of px, or smaller where it must."""
    if image.isNull():
        return
    largest = min(cell.width() / image.width(), cell.height() / image.height())
    factor = scale if scale is not None and scale <= largest else largest if largest < 1 else int(largest)
    size = QSize(max(1, round(image.width() * factor)), max(1, round(image.height() * factor)))
    place = QRect(QPoint(0, 0), size)
    place.moveCenter(cell.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, factor < 1)
    painter.drawImage(place, image)
