"""The data set that the open network names, as a look at it told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from engine.errors import ConvNetError
from engine.graph.data_fit import DataFacts, fitted_layers
from engine.graph.network_file import dumps
from engine.graph.settings import DataSettings
from engine.layers.base import Layer
from engine.layers.data import Data
from engine.protocol.messages import Problem
from engine.protocol.previews import DataDecoded, DataSeen, LookAtData
from engine.protocol.problems import rebuild
from studio.models import editing
from studio.models.document import Document
from studio.models.observable import Event
from studio.services.data_preview import DataLook, DataLooks, Told


class DataState(Enum):
    """How a look at the data set stands."""

    NOTHING = auto()
    LOOKING = auto()
    SEEN = auto()
    FAILED = auto()


@dataclass(frozen=True)
class _Asked:
    """What a look depends on: where this changes, another one tells something else."""

    settings: DataSettings
    base: str
    crops: tuple[tuple[int, int], ...]
    seed: int


class DataModel:
    """Looks at the document's data set when asked to. ``changed`` is emitted after each news.

    ``seen`` is what the last look told, ``cause`` why one failed, ``decoded`` the number of pictures that are
    decoded so far.
    """

    def __init__(self, document: Document, looks: DataLooks) -> None:
        self.changed: Event[[]] = Event()
        self.state = DataState.NOTHING
        self.seen: DataSeen | None = None
        self.cause: ConvNetError | None = None
        self.decoded = 0
        self._document, self._looks = document, looks
        self._look: DataLook | None = None
        self._asked: _Asked | None = None

    @property
    def is_current(self) -> bool:
        """Whether the last look was at the data set as the document names it now."""
        return self._asked == self._question()

    @property
    def misfits(self) -> dict[str, tuple[Layer, Layer]]:
        """The layers that have to change so that the data set fits, as they are and as they would be."""
        facts, network = self._document.data_facts, self._document.network
        if facts is None:
            return {}
        fitted = fitted_layers(network.graph, facts, network.data.border)
        return {name: (network.graph[name], layer) for name, layer in fitted.items()}

    def look(self) -> None:
        """Look at the data set anew; a look that is under way is given up."""
        self._give_up()
        self._asked = self._question()
        self.state, self.cause, self.decoded = DataState.LOOKING, None, 0
        self._look = self._looks.look(LookAtData(dumps(self._document.network), self._asked.base))
        self.changed.emit()

    def cancel(self) -> None:
        """Give up a look that is under way."""
        if self._look is not None:
            self._give_up()
            self.state = DataState.NOTHING
            self.changed.emit()

    def fit(self) -> None:
        """Fit the network to the data set, in one step of undo."""
        editing.fit_to_data(self._document)

    def update(self) -> None:
        """Take in what the look has told."""
        if self._look is None:
            return
        news = self._look.drain()
        for told in news:
            self._take(told)
        if news:
            self.changed.emit()

    def _take(self, told: Told) -> None:
        match told:
            case DataDecoded():
                self.decoded = told.pictures
            case DataSeen():
                self.state, self.seen = DataState.SEEN, told
                self._tell_document(DataFacts(told.name, told.shape, len(told.classes)))
            case Problem():
                self._fail(rebuild(told))
            case _:
                self._fail(told)

    def _fail(self, cause: ConvNetError) -> None:
        self.state, self.cause, self.seen = DataState.FAILED, cause, None
        self._tell_document(None)

    def _tell_document(self, facts: DataFacts | None) -> None:
        assert self._asked is not None
        self._give_up()
        self._document.see_data(self._asked.settings, facts)

    def _give_up(self) -> None:
        if self._look is not None:
            self._look.close()
            self._look = None

    def _question(self) -> _Asked:
        network = self._document.network
        crops = tuple(layer.size for layer in network.graph.layers().values() if isinstance(layer, Data))
        base = str(self._document.base_folder())
        return _Asked(network.data, base, crops, network.training.seed)
