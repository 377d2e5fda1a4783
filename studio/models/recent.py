"""The files that were opened or saved last."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from studio.models.observable import Event

LONGEST_LIST = 10


class RecentFiles:
    """Paths of network files, the last used first."""

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self.changed: Event[[]] = Event()
        self._paths = tuple(paths)[:LONGEST_LIST]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths, absolute."""
        return self._paths

    def add(self, path: Path) -> None:
        """Put a path first."""
        path = path.absolute()
        self._set((path, *(other for other in self._paths if other != path)))

    def remove(self, path: Path) -> None:
        """Forget a path, such as one that is no longer there."""
        self._set(other for other in self._paths if other != path)

    def clear(self) -> None:
        """Forget all paths."""
        self._set(())

    def _set(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)[:LONGEST_LIST]
        self.changed.emit()
