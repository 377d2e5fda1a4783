"""cuda-convnet's two files become a network; what is wrong with them is told all at once."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import InvalidFileError
from engine.graph.cuda_convnet.network import Imported, import_network
from engine.graph.examples import load_example
from engine.graph.layer_graph import Wire
from engine.graph.network_file import dumps, loads
from engine.graph.schedules import ExponentialSteps
from engine.graph.validate import inspect_network
from engine.layers.crop import Crop
from engine.layers.dropout2 import Dropout2
from engine.layers.eltsum import EltSum
from engine.layers.fc import Fc
from engine.layers.one_hot import OneHot

LEARNING = "epsW=0.001\nepsB=0.002\nmomW=0.9\nmomB=0.9\n"
DATA = "[data]\ntype=data\ndataIdx=0\n[labels]\ntype=data\ndataIdx=1\n"
ENDING = "[fc]\ntype=fc\noutputs=10\ninputs={}\n[probs]\ntype=softmax\ninputs=fc\n"
COST = "[cost]\ntype=cost.logreg\ninputs=labels,probs\n"
PARAMETERS = f"[fc]\n{LEARNING}[cost]\ncoeff=1\n"


def _section(name: str, **keys: object) -> str:
    return f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in keys.items())


def _import(layers: str, parameters: str, size: tuple[int, int] = (24, 24)) -> Imported:
    return import_network(layers.encode(), parameters.encode(), size)


def _through(section: str, parameters: str = "", size: tuple[int, int] = (24, 24)) -> Imported:
    """Import a network with one more section, [x], between pictures and classes."""
    return _import(DATA + section + ENDING.format("x") + COST, parameters + PARAMETERS, size)


def _refused(layers: str, parameters: str = PARAMETERS) -> str:
    with pytest.raises(InvalidFileError) as refusal:
        _import(layers, parameters)
    return str(refusal.value)


CIFAR10 = (
    DATA
    + _section("conv1", type="conv", inputs="data", channels=3, filters=64, padding=2, stride=1)
    + "filterSize=5\nneuron=relu\ninitW=0.0001\npartialSum=4\nsharedBiases=1\n"
    + _section("pool1", type="pool", pool="max", inputs="conv1", sizeX=3, stride=2, outputsX=0, channels=64)
    + _section("conv2", type="conv", inputs="pool1", filters=64, padding=1, filterSize=3, channels=64)
    + "neuron=relu\ninitW=0.01\n"
    + _section("pool2", type="pool", pool="max", inputs="conv2", start=0, sizeX=3, stride=2, channels=64)
    + _section("local3", type="local", inputs="pool2", filters=32, padding=1, filterSize=3, channels=64)
    + "neuron=relu\ninitW=0.04\n"
    + _section("local4", type="local", inputs="local3", filters=32, padding=1, filterSize=3, channels=32)
    + "neuron=relu\ninitW=0.04\n"
    + _section("fc10", type="fc", outputs=10, inputs="local4", initW=0.01, neuron="ident")
    + _section("probs", type="softmax", inputs="fc10")
    + _section("logprob", type="cost.logreg", inputs="labels,probs")
)
CIFAR10_PARAMETERS = "# a comment\n" + "".join(
    f"[{name}]  ; another\n{LEARNING}wc={decay}\n"
    for name, decay in (("conv1", 0), ("conv2", 0), ("local3", 0.004), ("local4", 0.004), ("fc10", 0.01))
)


def test_the_talks_network_is_the_example() -> None:
    """All fields of all layers; only the schedule's steps are not in the files."""
    found = _import(CIFAR10, CIFAR10_PARAMETERS + "[logprob]\ncoeff=1\n").network
    example = load_example("cifar10")
    assert found.graph == example.graph
    assert found.training.schedule.rate == example.training.schedule.rate
    assert (found.training.momentum, found.training.decay) == (0.9, example.training.decay)
    assert loads(dumps(found)).graph == found.graph


@pytest.mark.parametrize(
    ("section", "parameters", "shape"),
    [
        (_section("x", type="sfc", inputs="data", outputs=4, parts=2), f"[x]\n{LEARNING}", "8"),
        (
            _section("x", type="pool", inputs="data", pool="avg", sum="true", sizeX=3, stride=2, outputsX=5),
            "",
            "5×5×3",
        ),
        (_section("x", type="cmpool", inputs="data", channels=3, size=2, stride=1), "", "24×24×2"),
        (
            _section("x", type="cmrnorm", inputs="data", channels=3, size=3),
            "[x]\nscale=1\npow=.75\n",
            "24×24×3",
        ),
        (_section("x", type="rnorm", inputs="data", size=3), "[x]\nscale=1\npow=.75\nminDiv=2\n", "24×24×3"),
        (_section("x", type="cnorm", inputs="data", size=3), "[x]\nscale=1e-4\npow=.75\n", "24×24×3"),
        (_section("x", type="neuron", inputs="data", neuron="tanh[1.7159,0.6667]"), "", "24×24×3"),
        (_section("x", type="eltsum", inputs="data,data", coeffs="1,-0.5"), "", "24×24×3"),
        (_section("x", type="eltmax", inputs="data,data"), "", "24×24×3"),
        (_section("x", type="concat", inputs="data,data"), "", "24×24×6"),
        (_section("x", type="pass", inputs="data"), "", "24×24×3"),
        (_section("x", type="dropout", inputs="data"), "[x]\nenable=true\nkeep=0.7\n", "24×24×3"),
        (_section("x", type="dropout2", inputs="data", keep=0.7), "[x]\nenable=false\n", "24×24×3"),
        (_section("x", type="blur", inputs="data", channels=3, stdev=2, filterSize=7), "", "24×24×3"),
        (_section("x", type="nailbed", inputs="data", channels=3, stride=2), "", "12×12×3"),
        (_section("x", type="resize", inputs="data", channels=3, scale=1.5), "", "16×16×3"),
        (_section("x", type="rscale", inputs="data", maxScale=1.2, tgtSize=16), "", "16×16×3"),
        (_section("x", type="crop", inputs="data", startX=2, startY=3, sizeX=8), "", "8×8×3"),
        (_section("x", type="href", inputs="data"), "", "24×24×3"),
        (_section("x", type="rgb2yuv", inputs="data"), "", "24×24×3"),
        (_section("x", type="rgb2lab", inputs="data", center="true"), "", "24×24×3"),
    ],
)
def test_every_type_of_layer(section: str, parameters: str, shape: str) -> None:
    network = _through(section, parameters).network
    inspection = inspect_network(network.graph)
    assert not inspection.problems
    assert str(inspection.outputs["x"]) == shape


@pytest.mark.parametrize(
    ("kind", "keys"), [("crossent", ""), ("bce", "posWeight=2\n"), ("dce", "posWeight=2\n")]
)
def test_costs_of_targets_get_one_hot_labels(kind: str, keys: str) -> None:
    cost = _section("cost", type=f"cost.{kind}", inputs="labels,probs") + keys
    network = _import(DATA + ENDING.format("data") + cost, PARAMETERS).network
    assert not inspect_network(network.graph).problems
    (target,) = [layer for layer in network.graph.layers().values() if isinstance(layer, OneHot)]
    assert target.classes == 10


def test_a_crops_start_is_row_and_column() -> None:
    crop = _through(_section("x", type="crop", inputs="data", startX=2, startY=3, sizeX=8)).network.graph["x"]
    assert isinstance(crop, Crop)
    assert crop.start == (3, 2)


def test_filters_are_those_of_a_group() -> None:
    """Source: cuda-convnet, layer.py: filters × groups in all."""
    section = _section("x", type="conv", inputs="data", channels=3, filters=4, groups=3, filterSize=3)
    graph = _through(section + "filterChannels=1\nmodulesX=22\n", f"[x]\n{LEARNING}").network.graph
    assert str(inspect_network(graph).outputs["x"]) == "22×22×12"


def test_a_neuron_and_the_forks_dropout_become_layers() -> None:
    """Whoever took the layer's output takes that of the last of them."""
    section = _section("x", type="pool", inputs="data", pool="max", sizeX=3, stride=2, neuron="relu")
    graph = _through(section, "[x]\ndropout=0.2\n").network.graph
    assert {Wire("x", "x_neuron"), Wire("x_neuron", "x_dropout"), Wire("x_dropout", "fc")} < set(
        graph.wires()
    )
    dropout = graph["x_dropout"]
    assert isinstance(dropout, Dropout2)
    assert dropout.keep == pytest.approx(0.8)


def test_inputs_with_settings_of_their_own_get_layers_of_their_own() -> None:
    """As in cuda-convnet's layers-example.cfg; only one of them has biases."""
    layers = (
        DATA
        + _section("a", type="fc", inputs="data", outputs=5)
        + _section("b", type="fc", inputs="a,data", outputs=4, initW="0.1,0.2", initB=0.5, neuron="relu")
        + _section("c", type="fc", inputs="data", outputs=4, weightSource="b[1]")
        + _section("d", type="concat", inputs="b,c")
        + ENDING.format("d")
        + COST
    )
    b = LEARNING.replace("momW=0.9", "momW=0.9,0.5").replace("epsW=0.001", "epsW=0.001,0.01") + "wc=0,0.1\n"
    parameters = f"[a]\n{LEARNING}[b]\n{b}[c]\n{LEARNING}{PARAMETERS}"
    imported = _import(layers, parameters)
    graph = imported.network.graph
    assert not inspect_network(graph).problems
    assert isinstance(graph["b"], EltSum)
    assert [wire.source for wire in graph.inputs("b")] == ["b_in1", "b_in2"]
    first, second, shared = graph["b_in1"], graph["b_in2"], graph["c"]
    assert isinstance(first, Fc)
    assert isinstance(second, Fc)
    assert isinstance(shared, Fc)
    assert (first.deviation, first.rate, first.momentum, first.decay, first.bias) == (0.1, 1, None, None, 0.5)
    assert (second.deviation, second.rate, second.momentum, second.decay) == (0.2, 10, 0.5, 0.1)
    assert (second.bias, second.bias_rate) == (0, 0)
    assert shared.weights_of == "b_in2"
    assert any("settings of their own" in note for note in imported.notes)


def test_biases_go_with_the_weights_of_their_momentum() -> None:
    """As in cuda-convnet's layer-params-example.cfg: momW=0.5,0.9 and momB=0.9."""
    layers = (
        DATA + _section("x", type="fc", inputs="data,data", outputs=4, initB=1) + ENDING.format("x") + COST
    )
    graph = _import(
        layers, f"[x]\n{LEARNING}{PARAMETERS}".replace("momW=0.9", "momW=0.5,0.9", 1)
    ).network.graph
    first, second = graph["x_in1"], graph["x_in2"]
    assert isinstance(first, Fc)
    assert isinstance(second, Fc)
    assert (first.momentum, first.bias_rate, first.bias) == (0.5, 0, 0)
    assert (second.momentum, second.bias_rate, second.bias) == (None, 2, 1)


@pytest.mark.parametrize(
    ("kind", "keys", "limits"),
    [
        ("fc", "wball=3\n", (3.0, 3.0, False)),
        ("local", "wball=3\n", (0.0, 3.0, False)),
        ("conv", "wcNormMin=0.5\nwcNormMax=2\n", (0.5, 2.0, True)),
    ],
)
def test_limits_of_norms(kind: str, keys: str, limits: tuple[float, float, bool]) -> None:
    more: dict[str, Any] = {"outputs": 3} if kind == "fc" else {"filters": 3, "filterSize": 3}
    section = _section("x", type=kind, inputs="data", **more)
    layer: Any = _through(section, f"[x]\n{LEARNING}{keys}").network.graph["x"]
    assert (layer.least_norm, layer.most_norm, layer.centred_norm) == limits


def test_the_schedule_of_most_weights_is_the_networks() -> None:
    """Keys may come in any order; what follows another schedule is told."""
    course = "dexp[tgtFactor=250;base=0.01;numSteps=4]"
    learning = f"epsW={course}\nepsB=dexp[base=0.02;tgtFactor=10;numSteps=2]\nmomW=0.9\nmomB=0.9\nwc=5e-4\n"
    section = _section("x", type="fc", inputs="data", outputs=3, gpu="0,1")
    imported = _through(section, f"[x]\n{learning}").network, _through(section, f"[x]\n{learning}").notes
    network, notes = imported
    assert network.training.schedule == ExponentialSteps(rate=0.01, divisor=250, steps=4)
    x, fc = network.graph["x"], network.graph["fc"]
    assert isinstance(x, Fc)
    assert isinstance(fc, Fc)
    assert (x.rate, x.bias_rate, fc.rate) == (1, 2, 0.1)
    assert any(
        note.startswith("x: epsB is dexp[base=0.02;tgtFactor=10;numSteps=2], but follows") for note in notes
    )
    assert any(note.startswith("x: gpu is left out") for note in notes)


def test_updates_after_several_batches_are_those_of_a_larger_one() -> None:
    layers = DATA + _section("x", type="fc", inputs="data", outputs=3) + ENDING.format("x") + COST
    parameters = PARAMETERS.replace("[fc]\n", "[fc]\nupdatePeriod=4\n")
    imported = _import(layers, f"[x]\n{LEARNING}updatePeriod=4\n{parameters}")
    assert imported.network.training.batch_size == 4 * 128
    assert any("updates after 4 batches" in note for note in imported.notes)
    told = _refused(layers, f"[x]\n{LEARNING}updatePeriod=0\n{parameters}")
    assert "updateperiod: expected" in told
    assert "All layers are updated together here." in told


ALL = DATA + ENDING.format("data") + COST


@pytest.mark.parametrize(
    ("layers", "parameters", "words"),
    [
        (
            ALL.replace("outputs=10", "outputs=ten"),
            PARAMETERS,
            "line 9, [fc] outputs: expected a whole number",
        ),
        (ALL.replace("outputs=10", "outpts=10"), PARAMETERS, "[fc] outpts: expected a key of this type"),
        (ALL.replace("outputs=10\n", ""), PARAMETERS, "line 7, [fc]: expected the key outputs, found none"),
        (
            ALL.replace("outputs=10", "outputs=1000000000"),
            PARAMETERS,
            "from 1 to 1000000, found '1000000000'",
        ),
        (
            ALL.replace("type=fc", "type=fcc"),
            PARAMETERS,
            "line 8, [fc] type: expected one of the types data, fc",
        ),
        (
            ALL.replace("inputs=data", "inputs=probs"),
            PARAMETERS,
            "found 'probs', which comes later or failed",
        ),
        (
            ALL.replace("inputs=data", "inputs=x"),
            PARAMETERS,
            "[fc] inputs: expected names of layers that come",
        ),
        (ALL.replace("labels,probs", "probs"), PARAMETERS, "[cost] inputs: expected 2 inputs, found 1"),
        (ALL + "[fc]\n", PARAMETERS, "expected at most 10000 sections, each once, found another [fc]"),
        (ALL + "type=softmax\n", PARAMETERS, "[cost] type: expected each key once, found it once more"),
        ("nonsense\n" + ALL, PARAMETERS, "line 1: expected [section], or key = value below one"),
        (
            ALL,
            PARAMETERS.replace("epsB=0.002\n", ""),
            "[fc]: expected the key epsb in the file of parameters",
        ),
        (
            ALL,
            PARAMETERS.replace("momB=0.9", "momB=0.5"),
            "[fc] momb: expected 0.9, the momentum of the weights",
        ),
        (
            ALL,
            PARAMETERS.replace("0.001", "cos[base=1]"),
            "[fc] epsw: expected a number of at least 0, or such",
        ),
        (ALL, PARAMETERS.replace("coeff=1\n", ""), "[cost]: expected the key coeff, found none"),
        (
            ALL.replace("outputs=10", "outputs=10\ninitW=1e999"),
            PARAMETERS,
            "[fc] initw: expected a number of",
        ),
        (
            ALL.replace("outputs=10", "outputs=10\nneuron=tanh[0,1]"),
            PARAMETERS,
            "[fc] neuron: expected one of",
        ),
        (ALL.replace("outputs=10", "outputs=10\ninitWFunc=os.system(1)"), PARAMETERS, "expected no function"),
        (
            ALL.replace("dataIdx=1", "dataIdx=2"),
            PARAMETERS,
            "[labels] dataidx: expected 0 for the pictures, or 1",
        ),
        (ALL.replace("dataIdx=0", "dataIdx=0\nstart=4"), PARAMETERS, "[data] start: expected whole pictures"),
        (ALL.replace("[fc]", "[f c]"), PARAMETERS, "line 7, [f c]: expected a name of letters"),
        ("", "", "layers.cfg: file: expected sections of layers, found none"),
        (ALL, "\0" * (1 << 21), "layer-params.cfg: file: expected at most 1048576 bytes"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(layers: str, parameters: str, words: str) -> None:
    assert words in _refused(layers, parameters)


def test_all_problems_are_told_at_once() -> None:
    layers = ALL.replace("outputs=10", "outputs=0").replace("type=softmax", "type=hardmax")
    told = _refused(layers, PARAMETERS.replace("coeff=1", "coeff=x")).splitlines()
    assert any("[fc] outputs" in line for line in told)
    assert any("[probs] type" in line for line in told)
    assert len(told) == len(set(told))


def test_shapes_that_are_declared_are_held_against_those_that_follow() -> None:
    conv = _section("x", type="conv", inputs="data", channels=4, filters=2, filterSize=3)
    pool = _section("y", type="pool", inputs="x", channels=3, pool="max", sizeX=2, stride=2)
    told = _refused(DATA + conv + pool + ENDING.format("y") + COST, f"[x]\n{LEARNING}{PARAMETERS}")
    assert "[y] channels: expected 2, which follows from the other layers, found 3" in told
    assert "[x] channels" not in told  # the pictures have as many channels as their first layer says


def test_keys_of_a_layer_without_its_inputs_are_not_called_unknown() -> None:
    """They were not asked for."""
    told = _refused(CIFAR10.replace("inputs=local4", "inputs=nowhere"), CIFAR10_PARAMETERS)
    assert "nowhere" in told
    assert "a key of this type" not in told


@pytest.mark.parametrize(("said", "lines"), [("left out", 2), ("除きました。" * 10, 5)])
def test_the_note_on_the_canvas_has_room_for_what_it_says(said: str, lines: int) -> None:
    """In the user's language, whose signs may be wider."""
    files = CIFAR10.encode(), (CIFAR10_PARAMETERS + "[logprob]\ncoeff=1\n").encode()
    comment = import_network(*files, (24, 24), say=lambda _: said).network.comments["import"]
    assert said in comment.text
    assert comment.size[1] >= 20 * lines


@pytest.mark.parametrize(
    ("key", "hint"), [("randSparse=true", "Give groups"), ("children=a,b", "All costs of a network")]
)
def test_what_there_is_not_is_refused_by_its_name(key: str, hint: str) -> None:
    conv = _section("x", type="conv", inputs="data", filters=2, filterSize=3)
    if key.startswith("rand"):
        layers = DATA + conv + key + "\n" + ENDING.format("x") + COST
    else:
        layers = DATA + conv + ENDING.format("x") + COST + key
    told = _refused(layers, f"[x]\n{LEARNING}{PARAMETERS}")
    assert f"{key.partition('=')[0].lower()}: expected none, or false, found" in told
    assert hint in told


def test_functions_in_files_are_never_called() -> None:
    layers = ALL.replace("outputs=10", "outputs=10\ninitBFunc=__import__('os').abort()")
    assert "A file of layers cannot call functions here" in _refused(layers)
