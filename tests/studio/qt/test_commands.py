"""Titles of commands as they are listed."""

import pytest

from studio.qt.commands import plain


@pytest.mark.parametrize(
    ("title", "listed"),
    [
        ("&Save as…", "Save as"),
        ("Open\tCtrl+O", "Open"),
        ("元に戻す(&U) conv2 を変更", "元に戻す conv2 を変更"),
    ],
)
def test_a_title_is_listed_without_its_key_and_with_all_its_words(title, listed):
    assert plain(title) == listed
