"""What a run tells its views of, all that arrived at once in one go."""

from __future__ import annotations

from engine.errors import ConvNetError
from studio.models.observable import Event


class RunEvents:
    """The events of the run. After ``run_replaced`` all figures are those of another run."""

    def __init__(self) -> None:
        self.run_replaced: Event[[]] = Event()
        self.state_changed: Event[[]] = Event()
        self.progress_changed: Event[[]] = Event()
        self.metrics_added: Event[[]] = Event()
        self.snapshots_added: Event[[]] = Event()
        self.marks_changed: Event[[]] = Event()
        self.health_changed: Event[[]] = Event()
        self.devices_changed: Event[[]] = Event()
        self.log_added: Event[[]] = Event()
        self.refused: Event[[ConvNetError]] = Event()
        self._news: list[Event[[]]] = []

    def note(self, event: Event[[]]) -> None:
        """Emit an event with the next announcement, however often it is noted until then."""
        if event not in self._news:
            self._news.append(event)

    def _announce(self) -> None:
        news, self._news = self._news, []
        for event in news:
            event.emit()
