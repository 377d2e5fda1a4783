"""What happened to a run at which step."""

from engine.graph.schedules import Constant
from engine.graph.settings import TrainingSettings
from engine.protocol.messages import CheckpointKept, Edited, LossSpiked, Problem, Rewound, SnapshotKept
from studio.models.marks import Marks

TRAINING = TrainingSettings(schedule=Constant(rate=0.1), epochs=10)
NAN = Problem("NotFiniteError", {"step": 35, "what": "an output", "where": "conv1"})


def taken(*entries):
    marks = Marks()
    for entry in entries:
        marks.take(entry)
    return marks


def test_settings_are_the_networks_until_they_are_edited():
    marks = taken(Edited(10, "rate", 0.1, 0.2), Edited(20, "rate", 0.2, 0.3), Edited(20, "epochs", 10, 12))
    assert [marks.value(name, TRAINING) for name in ("rate", "momentum", "epochs")] == [0.3, 0.9, 12]
    marks.take(Rewound(15, None, True))
    assert marks.value("rate", TRAINING) == 0.2


def test_going_back_undoes_the_edits_since_and_tells_which():
    edits = [Edited(10, "rate", 0.1, 0.2), Edited(20, "rate", 0.2, 9.0), Edited(20, "decay", 0.0, 0.5)]
    marks = taken(*edits, Rewound(20, NAN, True))
    assert marks.value("rate", TRAINING) == 0.2
    assert marks.taken_back == edits[1:]


def test_after_a_resume_edits_hold_from_their_step_on():
    marks = taken(Edited(10, "rate", 0.1, 0.2), Edited(20, "rate", 0.2, 0.3), Rewound(15))
    assert (marks.value("rate", TRAINING), marks.taken_back) == (0.2, [])
    assert not marks.advance(19)
    assert marks.advance(20)
    assert marks.value("rate", TRAINING) == 0.3


def test_an_edit_after_a_resume_overtakes_those_that_wait():
    marks = taken(Edited(20, "rate", 0.1, 0.2), Rewound(15), Edited(16, "rate", 0.1, 0.3))
    assert marks.value("rate", TRAINING) == 0.3
    assert len(marks.all) == 1
    assert not marks.advance(20)


def test_a_setting_is_known_as_it_was_at_an_earlier_step():
    marks = taken(Edited(10, "rate", 0.1, 0.2), Edited(20, "rate", 0.2, 0.3))
    assert [marks.value("rate", TRAINING, before=step) for step in (10, 11, 20, 21)] == [0.1, 0.2, 0.2, 0.3]


def test_going_back_forgets_later_marks_and_is_one_itself():
    marks = taken(CheckpointKept(10), CheckpointKept(20), CheckpointKept(30), Rewound(20, NAN, True))
    assert marks.all[-1] == Rewound(20, NAN, True)
    assert marks.checkpoints == [10, 20]
    assert marks.trouble == Rewound(20, NAN, True)


def test_a_resume_is_no_mark_and_ends_the_trouble():
    marks = taken(CheckpointKept(10), LossSpiked(12, 9.0, 1.0), Rewound(10))
    assert marks.all == [CheckpointKept(10)]
    assert marks.trouble is None


def test_a_checkpoint_that_is_kept_twice_counts_once():
    marks = taken(CheckpointKept(10), CheckpointKept(20), CheckpointKept(20), Rewound(10), CheckpointKept(15))
    assert marks.checkpoints == [10, 15]


def test_the_newest_checkpoints_and_the_best_one_are_kept():
    marks = taken(*(CheckpointKept(step) for step in (10, 20, 30, 40)), SnapshotKept(41))
    assert marks.kept(2, 10) == [10, 30, 40]
    assert marks.kept(2, None) == [30, 40]
