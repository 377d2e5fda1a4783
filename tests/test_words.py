"""Words that hold names and figures."""

from __future__ import annotations

import pickle

from engine.words import Words, listed


def test_words_are_the_english_text() -> None:
    words = Words("{size} in the data set {data}", size="8×8×1", data="{size}")
    assert words == "8×8×1 in the data set {size}"


def test_words_keep_their_template_on_the_way_to_another_process() -> None:
    words = pickle.loads(pickle.dumps(Words("a, {b}", b=Words("c"))))
    assert (words.template, words.fields) == ("a, {b}", {"b": "c"})
    assert isinstance(words.fields["b"], Words)


def test_several_words_are_divided_by_semicolons() -> None:
    parts = [Words("plan"), Words("{name} {old} → {new}", name="numpy", old="2.3", new="2.4")]
    assert listed(parts) == "plan; numpy 2.3 → 2.4"
    assert list(listed(parts).fields.values()) == parts
