"""Texts of the engine are put together in Japanese without spaces that Latin names and figures would need."""

from studio.models.phrases import closed_up


def test_spaces_go_beside_japanese_alone():
    template = "{layer} は {what} を {count:,} 個"
    fields = {"layer": "conv1", "what": "重み", "count": 3}
    assert closed_up(template, fields) == "{layer} は{what}を {count:,} 個"


def test_a_field_whose_name_begins_another_ones_is_told_from_it():
    assert closed_up("{name} は {names} の", {"name": "犬", "names": "cat"}) == "{name}は {names} の"
