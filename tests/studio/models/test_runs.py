"""The list of runs, and those that are compared."""

import dataclasses

from engine.curves import NAMES, SPLITS, pack
from engine.errors import RunFolderError
from engine.graph.network_file import dumps
from engine.protocol.library import ChangeRun, EmptyTrash, ListRuns, ReadRun, RunCard, RunFigures, Runs
from engine.protocol.messages import Done, Edited
from engine.protocol.messages import RunState as EngineState
from studio.models.metrics import Metrics
from studio.models.runs import MOST_COMPARED, RunsModel
from studio.models.settings_diff import Difference, differences
from tests.studio.fake_engine import row, small_network


class FakeLibrary:
    def __init__(self):
        self.asked = []

    def ask(self, request, then):
        self.asked.append((request, then))

    @property
    def requests(self):
        return [request for request, _ in self.asked]

    def answer(self, answer, at=-1):
        self.asked[at][1](answer)


def card(name="digits", **changes):
    fields = {
        "run_folder": f"/runs/{name}",
        "name": name,
        "title": "",
        "tags": (),
        "in_trash": False,
        "created": 0.0,
        "base": "/networks",
        "device": "cpu",
        "fork": None,
        "connection": None,
        "state": EngineState.FINISHED,
        "cause": None,
        "step": 10,
        "seconds": 1.0,
        "loss": 0.1,
        "validation_error": 0.2,
        "test_error": 0.3,
    }
    return RunCard(**{**fields, **changes})


def listed(*cards):
    library = FakeLibrary()
    runs = RunsModel(library)
    runs.refresh()
    library.answer(Runs(cards))
    return runs, library


def figures(name, *rows, edits=()):
    """What there is to compare of a run."""
    metrics = Metrics()
    metrics.extend(rows)
    columns = ((split, metrics[split]) for split in SPLITS)
    curves = (
        pack(split, {name: table.column(name).astype(float) for name in NAMES}) for split, table in columns
    )
    return RunFigures(f"/runs/{name}", dumps(small_network()), edits, tuple(curves))


def names(runs):
    return [found.name for found in runs.found]


def test_nothing_is_asked_for_before_anyone_looks():
    library = FakeLibrary()
    RunsModel(library)
    assert library.asked == []


def test_all_words_of_a_search_must_match():
    runs, _ = listed(card("digits", tags=("wide",)), card("shapes", title="Wide one"), card("other"))
    runs.search("WIDE")
    assert names(runs) == ["digits", "shapes"]
    runs.search("wide finished cpu dig")
    assert names(runs) == ["digits"]


def test_names_and_tags_show_at_once_and_are_sent():
    runs, library = listed(card())
    runs.rename(runs.cards[0], "  Best ")
    runs.tag(runs.cards[0], "good, wide good")
    assert (runs.cards[0].title, runs.cards[0].tags) == ("Best", ("good", "wide"))
    assert library.requests[-1] == ChangeRun("/runs/digits", "Best", ("good", "wide"), False)


def test_the_trash_takes_runs_and_gives_them_back():
    runs, library = listed(card("a"), card("b"))
    runs.compare("/runs/a", True)
    runs.throw_away(runs.cards[0])
    assert (names(runs), runs.trash_count, runs.compared) == (["b"], 1, [])
    runs.show_trash(True)
    assert names(runs) == ["a"]
    runs.empty_trash()
    assert library.requests[-1] == EmptyTrash()
    library.answer(Done())
    assert library.requests[-1] == ListRuns()


def test_what_is_refused_is_told():
    runs, library = listed(card())
    told = []
    runs.refused.connect(told.append)
    runs.rename(runs.cards[0], "x")
    error = RunFolderError(path="p", expected="e", found="f", hint="")
    library.answer(error)
    assert told == [error]


def test_compared_runs_are_read_and_those_that_go_on_are_read_again():
    runs, library = listed(card("a"), card("b", connection="/c.json"))
    for name in ("a", "b"):
        runs.compare(f"/runs/{name}", True)
        library.answer(figures(name, row(100, split="train"), row(200, split="validation")))
    assert list(runs.figures()) == ["/runs/a", "/runs/b"]
    assert runs.figures()["/runs/a"].metrics.steps_per_epoch == 100
    before = len(library.asked)
    runs.refresh()
    library.answer(Runs(tuple(runs.cards)))
    assert library.requests[before:] == [ListRuns(), ReadRun("/runs/b")]


def test_the_oldest_makes_room_where_too_many_are_compared():
    cards = [card(str(number)) for number in range(MOST_COMPARED + 1)]
    runs, _ = listed(*cards)
    for each in cards:
        runs.compare(each.run_folder, True)
    assert runs.compared == [each.run_folder for each in cards[1:]]


def test_a_relative_data_path_becomes_absolute_where_a_network_leaves_its_run():
    runs, library = listed(card())
    network = small_network()
    own = dataclasses.replace(network, data=dataclasses.replace(network.data, source="path", path="own.npz"))
    got = []
    runs.network(runs.cards[0], got.append)
    library.answer(RunFigures("/runs/digits", dumps(own), (), ()))
    assert got[0].data.path == "/networks/own.npz"


def test_differences_are_settings_and_layers_that_are_not_the_same():
    first, second = small_network(), small_network()
    second.graph.replace("conv1", dataclasses.replace(second.graph["conv1"], filters=8))
    second.graph.remove("softmax1")
    second = dataclasses.replace(second, training=dataclasses.replace(second.training, momentum=0.5))
    found = differences([(first, ()), (second, ())])
    assert Difference("training", "Momentum", ("0.9", "0.5")) in found
    assert Difference("conv1", "Filters", ("4", "8")) in found
    assert Difference("softmax1", "Kind", ("Softmax", None)) in found
    assert len(found) == 3
    assert differences([(first, ()), (first, ())]) == []


def test_edits_of_a_run_are_among_the_differences():
    edits = (
        Edited(10, "rate", 0.01, 0.5),
        Edited(20, "keep_best", 1.0, 0.0),
        Edited(30, "rate", 0.5, 1.0),
        Edited(30, "epochs", 10.0, 12.0),
    )
    network = small_network()
    assert differences([(network, ()), (network, edits)]) == [
        Difference("training", "Learning rate", ("0.01", "0.01 → 0.5 → 1")),
        Difference("training", "Epochs", ("10", "10 → 12")),
        Difference("training", "Keep the best", ("yes", "yes → no")),
    ]
