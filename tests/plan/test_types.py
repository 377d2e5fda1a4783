"""What plans are made of checks that it belongs together."""

from __future__ import annotations

import pytest

from engine.plan.types import Buffer, Shares

N_SHARED = Shares((0, 2), (0, 3, 5))


def test_uneven_shares() -> None:
    assert [N_SHARED.extent(rank) for rank in (0, 2)] == [3, 2]
    buffer = Buffer(
        "x", "activation", (5, 7), ("n", "unit"), "float64", sharding=(N_SHARED, None), ranks=(0, 2)
    )
    assert (buffer.local_shape(0), buffer.local_shape(2)) == ((3, 7), (2, 7))
    assert (buffer.nbytes(0), buffer.nbytes(2)) == (168, 112)


@pytest.mark.parametrize(
    ("ranks", "offsets"), [((0, 1), (0, 3)), ((0, 1), (1, 3, 5)), ((0, 1), (0, 4, 3)), ((0,), (0, 1, 2))]
)
def test_shares_cover_the_axis_in_order(ranks: tuple[int, ...], offsets: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="do not share an axis out"):
        Shares(ranks, offsets)


@pytest.mark.parametrize(
    "wrong",
    [
        {"axes": ("n",)},
        {"sharding": (None,)},
        {"layout": ("n", "height")},
        {"shape": (6, 7), "sharding": (N_SHARED, None), "ranks": (0, 2)},
        {"sharding": (N_SHARED, None), "ranks": (0, 1)},
    ],
)
def test_a_buffer_whose_parts_do_not_belong_together_is_refused(wrong: dict[str, object]) -> None:
    parts: dict[str, object] = {"shape": (5, 7), "axes": ("n", "unit"), **wrong}
    with pytest.raises(ValueError, match="x: "):
        Buffer(name="x", role="activation", dtype="float32", **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "persistent"),
    [
        *((role, True) for role in ("input", "labels", "weight", "velocity", "control", "metrics")),
        *((role, False) for role in ("activation", "mask", "gradient", "weight gradient", "workspace")),
    ],
)
def test_what_the_host_reads_or_writes_outlives_a_program(role: str, persistent: bool) -> None:
    assert Buffer("x", role, (1,), ("unit",), "float32").persistent is persistent  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dtype", "nbytes"), [("float32", 24), ("float64", 48), ("int32", 24), ("int64", 48), ("uint8", 6)]
)
def test_bytes(dtype: str, nbytes: int) -> None:
    assert Buffer("x", "activation", (2, 3), ("n", "unit"), dtype).nbytes(0) == nbytes  # type: ignore[arg-type]
