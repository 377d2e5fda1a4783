"""The table of commands."""

from __future__ import annotations

from collections import Counter

from studio.actions import ACTIONS, MENU_TITLES


def test_ids_are_unique() -> None:
    """A command is found by its id."""
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


def test_no_key_means_two_commands() -> None:
    """Neither in the window, nor on the canvas together with the window."""
    keys = Counter(key for action in ACTIONS for key in (*action.shortcuts, *action.canvas_shortcuts))
    assert [key for key, count in keys.items() if count > 1] == []


def test_single_letters_are_keys_of_the_canvas_only() -> None:
    """Elsewhere they are typed."""
    assert not [key for action in ACTIONS for key in action.shortcuts if len(key) == 1]


def test_every_command_has_a_menu_a_title_and_an_explanation() -> None:
    """Commands of one menu stand in their groups, in order."""
    assert all(action.menu in MENU_TITLES and action.title and action.help for action in ACTIONS)
    order = list(MENU_TITLES)
    places = [(order.index(action.menu), action.group) for action in ACTIONS]
    assert places == sorted(places)
