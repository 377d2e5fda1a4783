"""One lens at a time."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from engine.graph.layer_graph import Wire
from engine.protocol.messages import HealthMeasured, LayerHealth
from studio.models import editing, splitting
from studio.models.lens import Lens
from tests.studio.networks import small_document
from tests.studio.qt.canvas.canvas_bench import Bench


def test_the_cost_lens_tells_weights_work_and_memory(qtbot: QtBot) -> None:
    """On the cards, with each one's share of the work; memory of a picture on the wires."""
    bench = Bench(qtbot, small_document())
    bench.panel.lens.choose(Lens.COST)
    look = bench.scene.nodes["conv1"]._look
    assert look is not None
    assert look.facts == ("2.43 k weights", "2.46 M mult-adds")
    assert look.share is not None
    assert 0.9 < look.share < 1
    assert bench.scene.wires[Wire("conv1", "pool1")].flow.words == "131 kB"
    bench.panel.lens.choose(Lens.SHAPES)
    look = bench.scene.nodes["conv1"]._look
    assert look is not None
    assert look.facts == ()


def test_the_gradient_lens_follows_freezing(qtbot: QtBot) -> None:
    """What lies before all that learns only goes forward."""
    bench = Bench(qtbot, small_document())
    bench.panel.lens_bar.buttons[Lens.GRADIENTS].click()
    wires = bench.scene.wires
    assert wires[Wire("data1", "conv1")].flow.words == "forward"
    assert wires[Wire("conv1", "pool1")].flow.words == "forward + gradient"
    editing.set_fields(bench.document, "conv1", {"frozen": True})
    assert wires[Wire("conv1", "pool1")].flow.words == "forward"
    assert wires[Wire("fc1", "softmax1")].flow.words == "forward + gradient"


def test_the_health_lens_tells_updates_and_dead_units_with_their_limits(qtbot: QtBot) -> None:
    bench = Bench(qtbot, small_document())
    bench.panel.lens.choose(Lens.HEALTH)
    before = bench.scene.nodes["conv1"]._look
    assert before is not None
    assert before.facts == (), "nothing was measured yet"
    conv1 = LayerHealth("conv1", update_ratio=0.05, dead=0.0)
    pool1 = LayerHealth("pool1", dead=0.5)
    bench.panel.lens.show_health(HealthMeasured(1, (conv1, pool1)))
    facts = {name: node._look.facts for name, node in bench.scene.nodes.items() if node._look is not None}
    assert facts["conv1"] == ("▲ update 0.0500 (0.0001–0.01)", "✓ dead 0.00 %")
    assert facts["pool1"] == ("✖ dead 50.0 % (≤ 10 %)",)
    assert facts["fc1"] == ()


def test_a_lens_without_anything_to_show_says_what_it_takes(qtbot: QtBot) -> None:
    """And is silent once there is something."""
    bench = Bench(qtbot, small_document())
    splitting.use_one_device(bench.document)
    note = bench.panel.lens_note
    assert not note.isVisible()
    for lens in (Lens.HEALTH, Lens.SPLIT):
        bench.panel.lens.choose(lens)
        assert note.isVisible()
        assert note.height() < 2 * note.fontMetrics().height(), "there is room for a line"
    splitting.use_preset(bench.document, "data", 2)
    assert not note.isVisible()
    bench.panel.lens.choose(Lens.HEALTH)
    bench.panel.lens.show_health(HealthMeasured(1, (LayerHealth("conv1", update_ratio=0.001, dead=0.0),)))
    assert not note.isVisible()


def test_the_switch_is_whole_where_the_canvas_is_narrow(qtbot: QtBot) -> None:
    """As beside the dashboard, and goes back to its size where there is room."""
    bench = Bench(qtbot, small_document())
    bar = bench.panel.lens_bar
    wide = bar.sizeHint().width()
    for air in (0, -20, -60):
        bar.fit(wide + air)
        assert bar.width() <= wide + air
        assert bar.width() >= bar.minimumSizeHint().width()
    bar.fit(wide)
    assert bar.width() == wide
