"""Shapes, weights and costs of the layers beyond the first, worked out by hand; neurons as texts."""

from __future__ import annotations

import pytest

from engine.layers.base import Cost, Layer, Port, ShapeRuleError, TensorType
from engine.layers.catalogue import (
    BatchNorm,
    Bce,
    Blur,
    CmPool,
    CmRNorm,
    CNorm,
    Concat,
    Conv,
    Crop,
    CrossEntropy,
    Dce,
    Dropout2,
    EltMax,
    EltSum,
    Fc,
    GlobalAvg,
    Local,
    Mirror,
    Nailbed,
    OneHot,
    PassOn,
    RandomScale,
    Resize,
    RgbToLab,
    RgbToYuv,
    RNorm,
    Sfc,
    Sum2,
    TargetCrossEntropy,
)
from engine.layers.neuron import NeuronSpec, neuron_title, parse_neuron

PICTURE = TensorType((11, 8, 6))
COLOUR = TensorType((11, 8, 3))
VECTOR = TensorType((10,))
LABELS = TensorType((), "labels")


@pytest.mark.parametrize(
    ("layer", "inputs", "shape"),
    [
        (Conv(filters=4, size=(3, 2), padding=(0, 0), dilation=(2, 3)), (PICTURE,), (7, 5, 4)),
        (Conv(filters=4, size=(3, 3), padding=(1, 1), groups=2), (PICTURE, PICTURE), (11, 8, 4)),
        (Local(filters=5, size=(3, 3), stride=(2, 3)), (PICTURE,), (6, 4, 5)),
        (RNorm(), (PICTURE,), (11, 8, 6)),
        (CNorm(), (PICTURE,), (11, 8, 6)),
        (CmRNorm(size=6), (PICTURE,), (11, 8, 6)),
        (BatchNorm(), (PICTURE,), (11, 8, 6)),
        (GlobalAvg(), (PICTURE,), (6,)),
        (CmPool(size=3, stride=2, start=-1), (PICTURE,), (11, 8, 3)),
        (Nailbed(stride=(3, 2)), (PICTURE,), (4, 4, 6)),
        (Blur(), (PICTURE,), (11, 8, 6)),
        (Crop(size=(5, 4), start=(6, 4)), (PICTURE,), (5, 4, 6)),
        (Mirror(), (PICTURE,), (11, 8, 6)),
        (Resize(scale=1.5), (PICTURE,), (7, 5, 6)),
        (RgbToYuv(), (COLOUR,), (11, 8, 3)),
        (RgbToLab(), (COLOUR,), (11, 8, 3)),
        (EltSum(), (PICTURE, PICTURE, PICTURE), (11, 8, 6)),
        (EltMax(), (VECTOR, VECTOR), (10,)),
        (Concat(), (PICTURE, COLOUR), (11, 8, 9)),
        (Concat(), (VECTOR, TensorType((3,))), (13,)),
        (PassOn(), (PICTURE,), (11, 8, 6)),
        (Dropout2(), (PICTURE,), (11, 8, 6)),
        (Sfc(outputs=4, parts=5), (VECTOR,), (20,)),
        (Fc(outputs=4), (VECTOR, PICTURE), (4,)),
        (OneHot(classes=7), (LABELS,), (7,)),
        (TargetCrossEntropy(), (VECTOR, VECTOR), ()),
        (Bce(), (VECTOR, VECTOR), ()),
        (Sum2(), (PICTURE,), ()),
    ],
)
def test_output_shape(layer: Layer, inputs: tuple[TensorType, ...], shape: tuple[int, ...]) -> None:
    """(11 − 5) + 1 = 7 dilated places; ⌈(11 + 2 − 3) / 2⌉ + 1 = 6; ⌈(6 + 1 − 3) / 2⌉ + 1 = 3 maps."""
    assert layer.output(inputs).shape == shape


@pytest.mark.parametrize(
    ("layer", "inputs", "port"),
    [
        (Conv(filters=4, groups=4), (PICTURE,), 0),
        (Conv(filters=3, groups=2), (PICTURE,), 0),
        (Conv(), (PICTURE, TensorType((11, 9, 6))), 1),
        (Conv(size=(3, 3), padding=(0, 0), dilation=(6, 1)), (PICTURE,), 0),
        (Local(groups=4), (PICTURE,), 0),
        (CmRNorm(size=7), (PICTURE,), 0),
        (CmPool(size=7), (PICTURE,), 0),
        (CmPool(size=2, stride=3), (PICTURE,), 0),
        (Crop(size=(5, 4), start=(7, 0)), (PICTURE,), 0),
        (RgbToYuv(), (PICTURE,), 0),
        (RgbToLab(), (PICTURE,), 0),
        (EltSum(), (PICTURE, VECTOR), 1),
        (EltSum(coefficients=(1.0, 2.0)), (VECTOR, VECTOR, VECTOR), 2),
        (EltMax(), (VECTOR, PICTURE), 1),
        (Concat(), (PICTURE, TensorType((11, 9, 3))), 1),
        (Concat(), (VECTOR, PICTURE), 1),
        (Sfc(parts=3), (VECTOR,), 0),
        (Bce(), (VECTOR, TensorType((9,))), 1),
        (TargetCrossEntropy(), (PICTURE, PICTURE), 0),
    ],
)
def test_inputs_that_do_not_fit_are_refused(layer: Layer, inputs: tuple[TensorType, ...], port: int) -> None:
    with pytest.raises(ShapeRuleError) as caught:
        layer.output(inputs)
    assert caught.value.port == port
    assert caught.value.hint.endswith(".")


def test_local_weights_are_a_filter_for_each_place() -> None:
    """6 × 4 places of 3 · 3 · 3 inputs (of 6 channels in 2 groups) to 4 filters."""
    local = Local(filters=4, stride=(2, 3), groups=2)
    weights, biases = local.weights((PICTURE,))
    assert (weights.shape, weights.axes) == ((24, 27, 4), ("place", "input", "filter"))
    assert (biases.shape, biases.role) == ((24, 4), "bias")
    assert local.cost((PICTURE,)) == Cost(24 * 27 * 4, 24 * 4, 24 * 27 * 4, 24 * 4)


def test_each_input_has_weights_of_its_own_and_biases_are_shared() -> None:
    names = [weight.name for weight in Fc(outputs=4).weights((VECTOR, PICTURE, VECTOR))]
    assert names == ["weights", "biases", "weights2", "weights3"]
    assert [weight.shape for weight in Conv(filters=2).weights((PICTURE, COLOUR))] == [
        (2, 5, 5, 6),
        (2,),
        (2, 5, 5, 3),
    ]


def test_biases_may_be_one_for_each_place() -> None:
    assert Conv(filters=2, shared_biases=False).weights((PICTURE,))[1].shape == (88, 2)


def test_running_averages_are_neither_weights_nor_learnt() -> None:
    norm = BatchNorm()
    assert norm.cost((PICTURE,)) == Cost(weights=6, biases=6, multiply_adds=528, activations=528)
    averages = [weight for weight in norm.weights((PICTURE,)) if weight.role == "average"]
    assert [weight.initial.mean for weight in averages] == [0.0, 1.0]
    assert not any(weight.learning.learns for weight in averages)


def test_a_bed_of_nails_begins_in_the_middle_of_what_is_left() -> None:
    """11 − 3 · 3 = 2 → 1; 8 − 2 · 3 = 2 → 1."""
    assert Nailbed(stride=(3, 2)).start((PICTURE,)) == (1, 1)


def test_ports_that_take_many_wires_are_the_last_and_number_on() -> None:
    assert [EltSum.port(number) for number in (0, 1, 7)] == [EltSum.inputs[0]] * 3
    assert isinstance(CrossEntropy.port(1), Port)
    assert CrossEntropy.port(2) is None
    assert EltMax.inputs[0].least == 2


def test_costs_tell_figures_of_their_own() -> None:
    assert CrossEntropy(top=5).further_figures([3.0], 12.0) == {"top-5 error": 0.25}
    assert Dce().further_figures([3.0, 0.0, 4.0, 0.0, 6.0, 1.0], 10.0) == {
        "precision": 3 / 4,
        "recall": 3 / 7,
        "precision of class 0": 3 / 4,
        "recall of class 0": 3 / 6,
        "recall of class 1": 0.0,
    }, "nothing was found of class 1, so that its precision is a share of nothing"
    assert Dce().further_figures([1.0] * 303, 10.0) == {"precision": 1.0, "recall": 1.0}


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("relu", "relu", ()),
        ("ident", "none", ()),
        ("tanh", "tanh", (1.0, 1.0)),
        ("tanh[1.7159,0.6667]", "tanh", (1.7159, 0.6667)),
        (" linear [ 2 , -1e-3 ] ", "linear", (2.0, -0.001)),
        ("leaky_relu[0.2]", "leaky_relu", (0.2,)),
    ],
)
def test_neurons_are_read_from_texts(text: str, name: str, parameters: tuple[float, ...]) -> None:
    kind, found = parse_neuron(text)
    assert (kind.name, found) == (name, parameters)
    spec = Conv.specs()["neuron"]
    assert isinstance(spec, NeuronSpec)
    assert spec.parse(spec.parse(text)) == spec.parse(text)


@pytest.mark.parametrize(
    "text", ["", "relu[1]", "tanh[1]", "tanh[0,1]", "brelu[-1]", "log[nan]", "linear[1,2", "x"]
)
def test_texts_that_name_no_neuron_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is all that it says
        Conv.specs()["neuron"].parse(text)


def test_titles_of_neurons_show_parameters_that_are_their_own() -> None:
    """In three digits, which a card has room for."""
    assert (neuron_title("tanh"), neuron_title("tanh[2,0.5]")) == ("tanh", "tanh[2,0.5]")
    assert neuron_title("tanh[1.7159,0.6667]") == "tanh[1.72,0.667]"


@pytest.mark.parametrize(
    ("shape", "largest", "size", "fits"),
    [
        ((32, 32, 3), 1.25, (24, 24), True),
        ((32, 32, 3), 1.25, (25, 25), True),
        ((32, 32, 3), 1.25, (26, 25), False),
        ((30, 20, 1), 2.0, (15, 10), True),
        ((30, 20, 1), 2.0, (15, 11), False),
        ((9, 9, 1), 1.0, (9, 9), True),
    ],
)
def test_a_random_scale_leaves_enough_to_cut_out(
    shape: tuple[int, ...], largest: float, size: tuple[int, int], fits: bool
) -> None:
    layer = RandomScale(largest=largest, size=size)
    if fits:
        assert layer.output([TensorType(shape)]) == TensorType((*size, shape[2]))
        assert layer.cost([TensorType(shape)]).multiply_adds == 4 * size[0] * size[1] * shape[2]
    else:
        with pytest.raises(ShapeRuleError):
            layer.output([TensorType(shape)])
