"""A plan that is too large is refused with the largest batch that fits."""

from __future__ import annotations

from functools import partial

import pytest

from engine.errors import DeviceError
from engine.plan.compile.pipeline import compile_network
from engine.runtime.room import RESERVE, check_room
from tests.graph.networks import small_graph

compile_for = partial(compile_network, small_graph(), device="cuda")


@pytest.mark.parametrize("largest", [1, 7, 15])
def test_the_largest_batch_that_fits_is_named(largest: int) -> None:
    free = compile_for(largest).arena_bytes[0] + RESERVE
    check_room("cuda:0", largest, 0, free, compile_for)
    with pytest.raises(DeviceError, match=rf"^cuda:0: batches of 16 .* that fits is {largest}\.$"):
        check_room("cuda:0", 16, 0, free, compile_for)


def test_where_not_even_one_example_fits_that_is_said() -> None:
    with pytest.raises(DeviceError, match=r"Not even a batch of 1 fits\."):
        check_room("cuda:0", 16, 0, RESERVE, compile_for)
