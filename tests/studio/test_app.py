"""The studio as a program, with the real engine."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.studio.compiled import COMPILED

ROOT = Path(__file__).parents[2]

SHORT_DEMO = """
import sys
from dataclasses import replace
from studio import demo
from engine.graph import examples

whole = examples.load_example

def short(name):
    network = whole(name)
    network.training = replace(network.training, epochs=2)
    return network

demo.load_example = short
sys.exit(demo.run_demo())
"""


@pytest.fixture
def environment(tmp_path):
    """No screen, and folders of the test's own."""
    folders = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("DATA", "STATE", "CONFIG", "CACHE")}
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    kept.pop("QT_QPA_PLATFORM", None)
    return kept | folders | COMPILED


def run(environment, *command):
    return subprocess.run(
        [sys.executable, *command],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_version_is_told_without_starting_a_window(environment):
    result = run(environment, "-m", "studio", "--version")
    assert result.returncode == 0
    assert re.fullmatch(r"ConvNet Studio \d+\.\d+\.\d+\n", result.stdout)


def test_without_a_screen_the_demo_trains_in_the_terminal_and_leaves_a_picture(environment):
    """The same window, models and engine; the end is a test error, a run folder and a PNG of the window."""
    result = run(environment, "-c", SHORT_DEMO)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith("No screen here")
    assert re.search(r"^test error: \d+\.\d+ %$", result.stdout, re.MULTILINE)
    folder = re.search(r"^run folder: (.+)$", result.stdout, re.MULTILINE)
    assert folder is not None
    assert Path(folder[1]).is_dir()
    picture = re.search(r"^picture of the studio: (.+)$", result.stdout, re.MULTILINE)
    assert picture is not None
    assert Path(picture[1]).read_bytes().startswith(b"\x89PNG")
    assert Path(picture[1]).stat().st_size > 20_000


def test_an_engine_that_fails_makes_the_demo_fail_with_its_reason(environment):
    failing = SHORT_DEMO.replace(
        "network.training = replace(network.training, epochs=2)",
        "network.data = replace(network.data, source='path', path='missing.npz')",
    )
    result = run(environment, "-c", failing)
    assert result.returncode == 1
    assert "missing.npz" in result.stderr
    assert "Traceback" not in result.stderr


READY = """
import gc
from studio.app import build, make_ready
from studio.qt.application import Application

Application(offscreen=True)
studio = build()
before = len(gc.get_objects())
make_ready(studio)
print(before > 50_000 > len(gc.get_objects()))
studio.leave()
"""


def test_what_lives_as_long_as_the_window_is_not_looked_through_again_and_again(environment):
    """Looking through all of it would hold up keys for longer than anything else does."""
    result = run(environment | {"QT_QPA_PLATFORM": "offscreen"}, "-c", READY)
    assert result.stdout == "True\n", result.stdout + result.stderr
