"""The crossing from the client's thread to Qt's."""

import threading
import time

from studio.qt import event_bridge
from studio.qt.event_bridge import FRAME, EventBridge

PATIENCE = 60_000  # ms


def test_deliveries_are_on_the_main_thread_and_coalesced(qtbot):
    """1,000 wakings from another thread make no more deliveries than there are frames."""
    threads = []
    bridge = EventBridge()
    bridge.deliver_to(lambda: threads.append(threading.current_thread()))

    def storm():
        for _ in range(1000):
            bridge.wake()
            time.sleep(0.0002)

    began = time.monotonic()
    thread = threading.Thread(target=storm)
    thread.start()
    qtbot.waitUntil(lambda: not thread.is_alive() and not bridge._is_due, timeout=PATIENCE)
    frames = (time.monotonic() - began) * 1000 / FRAME
    assert set(threads) == {threading.main_thread()}
    assert 1 <= len(threads) <= frames + 1


def test_a_waking_during_a_delivery_is_not_lost(qtbot, monkeypatch):
    monkeypatch.setattr(event_bridge, "IDLE", 2 * PATIENCE)  # no delivery comes unasked
    bridge = EventBridge()
    deliveries = []

    def receive():
        deliveries.append(1)
        if len(deliveries) == 1:
            bridge.wake()

    bridge.deliver_to(receive)
    bridge.wake()
    qtbot.waitUntil(lambda: len(deliveries) == 2, timeout=PATIENCE)


def test_without_any_waking_deliveries_go_on_so_that_silence_is_noticed(qtbot):
    bridge = EventBridge()
    deliveries = []
    bridge.deliver_to(lambda: deliveries.append(1))
    qtbot.waitUntil(lambda: len(deliveries) >= 1, timeout=PATIENCE)
