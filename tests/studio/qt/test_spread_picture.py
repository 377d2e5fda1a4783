"""How numbers are spread, over time."""

import numpy as np

from engine.protocol.messages import Histogram
from studio.qt.health.spread_picture import spread_table


def test_a_spread_that_is_next_to_nothing_beside_others_is_a_line():
    spreads = [
        Histogram(-1.0, 1.0, 0.5, (1, 2, 1)),
        Histogram(-1e-45, 1e-45, 1e-45, (1, 1)),
        Histogram(0.5, 0.5, 0.0, (4,)),
    ]
    with np.errstate(all="raise"):
        low, high, table = spread_table(spreads)
    assert (low, high) == (-1.0, 1.0)
    assert (table > 0).sum(axis=0).tolist() == [len(table), 1, 1]
    assert table.max(axis=0).tolist() == [1.0, 1.0, 1.0]
