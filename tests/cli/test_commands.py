"""The commands there are, and the version."""

from __future__ import annotations

import re

from tests.cli.test_train import convnet


def test_help_names_the_commands() -> None:
    code, output, _ = convnet("--help")
    assert code == 0
    assert all(command in output for command in ("train", "describe", "data"))


def test_the_version_is_told() -> None:
    code, output, _ = convnet("--version")
    assert code == 0
    assert re.fullmatch(r"convnet \d+\.\d+\.\d+\n", output)
