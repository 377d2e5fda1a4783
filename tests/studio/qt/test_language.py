"""Every text is there in both languages."""

from __future__ import annotations

import re

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from engine.errors import (
    FieldError,
    FileWriteError,
    NotFiniteError,
    UnknownFieldError,
    WeightSourceError,
    WorkerDiedError,
)
from engine.graph.data_fit import DataFacts, data_problems
from engine.layers.catalogue import KINDS
from engine.log_lines import Line
from engine.protocol.log_messages import log_message
from engine.protocol.messages import LogLine
from engine.protocol.processes import exit_reason
from engine.training.plan_lock import PlanLock, differences
from engine.words import Words, listed
from studio.qt import language
from studio.qt.canvas.start_page import StartPage
from studio.qt.layer_list import matches
from studio.qt.texts import caption_text, error_text, layer_text, line_text, words_text
from tests.studio.networks import small_document
from tests.studio.qt.conftest import Speaking
from tools.texts import collect, missing, read


@pytest.fixture
def japanese(speaking: Speaking) -> None:
    """Speak Japanese for a test."""
    speaking("ja")


def test_every_text_is_translated() -> None:
    """What is missing is written into the catalogue by tools/texts.py, to be filled in."""
    lacking = missing(collect(), read())
    assert lacking == {}, "run tools/texts.py, and translate what is empty in resources/translations/ja.json"


def test_translations_hold_the_same_values() -> None:
    """Each {name} once, as in the source."""
    for source, translation in read().items():
        assert sorted(re.findall(r"{[^}]*}", source)) == sorted(re.findall(r"{[^}]*}", translation)), source


def test_texts_with_numbers_are_translated(japanese: None) -> None:
    """Captions, ranges and errors of the engine."""
    assert caption_text(KINDS["conv"]()) == "5×5 · 32 フィルター · ReLU"
    assert layer_text("a whole number from 1 to 1000000") == "1 から 1000000 までの整数"
    document = small_document()
    document.network.graph.remove("labels1")
    document._inspect()
    sentences = [error_text(problem) for problem in document.inspection.problems]
    assert "ラベル層がありません。追加してください。" in " ".join(sentences).replace("labels", "ラベル")
    assert not [sentence for sentence in sentences if "expected" in sentence]


def test_layers_are_found_in_both_languages(japanese: None) -> None:
    """By their Japanese title and by their English one."""
    assert matches(KINDS["conv"], "畳み込み")
    assert matches(KINDS["conv"], "convolution")


def test_what_is_not_in_the_catalogue_is_said_in_english(japanese: None) -> None:
    """And Qt's own buttons speak Japanese."""
    assert QCoreApplication.translate("nowhere", "Not there yet") == "Not there yet"
    box = QMessageBox()
    button = box.addButton(QMessageBox.StandardButton.Cancel)
    assert button.text() == "キャンセル"


def test_the_choice_is_kept() -> None:
    """Nonsense in the settings is the system's language."""
    for choice in ("ja", "en"):
        language.choose(choice)  # type: ignore[arg-type]
        assert language.chosen() == choice
    language.choose("klingon")  # type: ignore[arg-type]
    assert language.chosen() in ("en", "ja")


def test_lines_of_the_log_speak_the_language_of_the_studio(japanese: None) -> None:
    """With the names of settings and the error that they tell of."""
    edited = log_message("info", Line.EDITED, None, step=1000, setting="momentum", old=0.9, new=0.5)
    assert line_text(edited) == "ステップ 1,000 の後：モーメンタムを 0.9 から 0.5 に変更"
    cause = NotFiniteError(step=3, what="an output", where="conv1")
    back = line_text(log_message("warning", Line.ROLLED_BACK_AFTER, cause, step=0))
    assert back.startswith("ステップ 0 に戻りました。ステップ 3：出力（conv1）が有限の数")


def test_a_field_is_called_what_its_form_calls_it(speaking: Speaking) -> None:
    """But for what is wrong with a file: there its key is what a person looks for."""
    problems = (
        WeightSourceError(layer="conv2", field="weights_of", expected="weights", found="none"),
        FieldError(layer="conv2", field="weights_of", expected="a name", found="3"),
        UnknownFieldError(layer="conv2", kind="pool", field="filters", hint="It has no fields."),
    )
    hint = Words("Set {field} to {count}.", field="outputs", count=10)
    for tongue, label, number in (("en", "“Weights of”", "“Outputs”"), ("ja", "「重みの共有元」", "「出力")):
        speaking(tongue)
        source, *of_files = map(error_text, problems)
        assert label in source
        assert "weights_of" not in source
        assert ["weights_of" in of_files[0], "filters" in of_files[1]] == [True, True]
        assert number in words_text(hint)


def test_words_with_names_in_them_are_translated(japanese: None) -> None:
    """Also where they are in one another, and with the operating system's own words."""
    facts = DataFacts("flowers", (8, 8, 1), 20)
    document = small_document()
    outputs = document.inspection.outputs
    misfits = [error_text(error) for error in data_problems(document.network.graph, outputs, facts, 0)]
    assert misfits[0] == (
        "data1：32×32×3 の画像、または切り抜けるもっと大きな画像が必要ですが、"
        "データセット flowers の 8×8×1 の画像です。層 data1 の大きさとチャンネルを 8×8×1 に合わせてください。"
    )
    killed = Words("{rank} ended: {reason}", rank=Words("another process"), reason=exit_reason(-9))
    died = error_text(WorkerDiedError(reason=killed, log=""))
    assert "別のプロセスが終了しました：シグナル 9（SIGKILL）による強制終了" in died
    assert "（ディスクの空き不足）" in error_text(FileWriteError(path="a", reason="No space left on device"))


def test_what_is_not_as_it_was_is_told_in_the_language_of_the_studio(japanese: None) -> None:
    """Each difference by itself, where a run goes on."""
    was = PlanLock(1, "cpu", "", {}, "0", "a", "b", {"numpy": "2.3"})
    lock = msgspec.structs.replace(was, code="avx512", versions={}, plan_sha256="1")
    changes = listed(differences(was, lock))
    assert changes == "code plain → avx512; numpy 2.3 → none; plan"
    line = line_text(log_message("warning", Line.NOT_AS_IT_WAS, changes=changes))
    assert "コード 標準 → avx512; numpy 2.3 → なし; 計画" in line


def test_tiles_are_of_one_size(japanese: None, qtbot: QtBot) -> None:
    """Whether their titles are Japanese or Latin."""
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1000, 800)
    page = StartPage(window)
    page.resize(window.size())
    window.show()
    tiles = page.examples
    rects = [tiles.visualItemRect(tiles.item(row)) for row in range(tiles.count())]
    assert len({rect.height() for rect in rects}) == 1


def test_lines_of_another_engine_are_shown_as_they_came(japanese: None) -> None:
    """Of a newer one, whose code or fields are not known, and what a process printed."""
    for code, fields in (("", {}), ("SOMETHING_NEW", {}), ("CHECKPOINT", {}), ("CHECKPOINT", {"step": "x"})):
        assert line_text(LogLine(0.0, "info", "as it came {x}", code, fields)) == "as it came {x}"
