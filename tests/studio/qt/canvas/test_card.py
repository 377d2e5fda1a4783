"""The words on a layer's card."""

import pytest

from engine.layers.conv import Conv
from studio.qt.canvas.card import caption_lines

TANH = "tanh[1.7159,0.6667]"


def test_a_caption_has_its_parameters_where_there_is_room(qapp):
    assert caption_lines(Conv(neuron=TANH)) == ["5×5 · 32 filters", "tanh[1.72,0.667]"]


@pytest.mark.parametrize(("neuron", "title"), [(TANH, "tanh"), ("linear[1.5,0.25]", "Linear")])
def test_parameters_are_left_out_where_a_part_of_them_would_be_cut(qapp, neuron, title):
    lines = caption_lines(Conv(filters=384, size=(11, 11), stride=(4, 4), neuron=neuron))
    assert lines == ["11×11 · 384 filters", f"stride 4 · {title}"]
