"""What a plan was compiled to is kept with it, made again by a resume, and its changes are told."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine import checkpoint
from engine.training import plan_lock
from engine.training import run as run_module
from engine.training.plan_lock import PlanLock, differences, from_record, to_record
from tests.training.running import (
    Recorder,
    fingerprint,
    last_checkpoint,
    network,
    run_training,
    save_pictures,
    stop_at,
)

LOCK = PlanLock(
    1, "cpu", "avx2", {"train/conv": "avx2"}, "ab" * 32, "x86_64 haswell", "openblas", {"numpy": "2"}
)


def test_a_run_and_its_checkpoints_have_the_same_lock(tmp_path: Path) -> None:
    save_pictures(tmp_path)
    _, run = run_training(tmp_path, network(), Recorder())
    lock = msgspec.json.decode(run.lock.read_bytes(), type=PlanLock)
    assert from_record(last_checkpoint(run).plan_lock) == lock
    assert lock.device == "cpu"
    assert {choice.split()[0] for choice in lock.choices.values()} <= {lock.code}
    assert lock.processor
    assert lock.versions.keys() == {"program", "python", "numpy", "llvmlite"}


def test_a_record_reads_back_equal_and_others_are_none() -> None:
    assert from_record(json.loads(json.dumps(to_record(LOCK)))) == LOCK
    assert from_record(None) is None
    assert from_record({"format_version": 2}) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"processor": "x86_64 znver4"}, "processor x86_64 haswell → x86_64 znver4"),
        ({"code": ""}, "code avx2 → plain"),
        ({"versions": {"numpy": "3"}}, "numpy 2 → 3"),
        ({"choices": {}}, "plan"),
        ({"plan_sha256": ""}, "plan"),
        ({}, None),
    ],
)
def test_changes_are_told_in_words(change: dict[str, Any], told: str | None) -> None:
    changed = msgspec.structs.replace(LOCK, **change)
    assert list(differences(LOCK, changed)) == ([told] if told else [])


def test_a_resume_compiles_for_the_same_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begun with plain code, where this machine would choose better, it goes on with that, bit for bit."""
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
        save_pictures(tmp_path / name)
    monkeypatch.setattr("engine.training.run.best_code", lambda kind: "plain")
    _, whole = run_training(tmp_path / "whole", network(), Recorder())
    _, run = run_training(tmp_path / "cut", network(), stop_at(3))
    monkeypatch.undo()
    recorder = Recorder()
    run_training(tmp_path / "cut", network(), recorder, run)
    assert fingerprint(run) == fingerprint(whole)
    assert not [text for level, text in recorder.lines if level == "warning"]


def test_a_machine_that_is_not_the_same_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_pictures(tmp_path)
    _, run = run_training(tmp_path, network(), stop_at(3))
    monkeypatch.setattr(plan_lock, "_processor", lambda: "another one")
    recorder = Recorder()
    assert run_training(tmp_path, network(), recorder, run)[0] == "finished"
    (warning,) = [text for level, text in recorder.lines if level == "warning"]
    assert "not bit for bit" in warning
    assert "→ another one" in warning


def test_a_target_that_this_machine_cannot_build_for_is_replaced_and_told(tmp_path: Path) -> None:
    save_pictures(tmp_path)
    _, run = run_training(tmp_path, network(), stop_at(3))
    state = last_checkpoint(run)
    assert state.plan_lock is not None
    checkpoint.save(
        run.checkpoints, dataclasses.replace(state, plan_lock={**state.plan_lock, "code": "another"})
    )
    recorder = Recorder()
    assert run_training(tmp_path, network(), recorder, run)[0] == "finished"
    assert any("code another →" in text for level, text in recorder.lines if level == "warning")


def test_a_resume_takes_the_choices_of_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was chosen by its speed is not chosen anew: another choice has other bits."""
    given: list[Mapping[str, str] | None] = []
    original = run_module.compile_network

    def compile_network(*arguments: Any, **how: Any) -> Any:
        given.append(how["choices"])
        return original(*arguments, **how)

    monkeypatch.setattr(run_module, "compile_network", compile_network)
    save_pictures(tmp_path)
    _, run = run_training(tmp_path, network(), stop_at(3))
    chosen = json.loads(run.lock.read_bytes())["choices"]
    run_training(tmp_path, network(), Recorder(), run)
    assert given == [None, chosen]
