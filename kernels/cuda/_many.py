"""Kernels that work on several arrays in one launch; see _many.cuh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import BLOCK, function, types

_BYTES_OF_CHUNK = BLOCK * 16 * 2
_MOST_BLOCKS = 1 << 16


def address_of(array: Any) -> int:
    """Return where an array begins in the memory of its GPU."""
    place: int = array.data.ptr
    return place


def launch(
    stem: str,
    families: Mapping[str, Sequence[DeviceArray]],
    slots: Sequence[int],
    arguments: tuple[Any, ...],
) -> None:
    """Run ``update`` of a kernel for arrays of weights and what belongs to each: a family of arrays a name.

    The compiled kernel holds where they lie, from the first array of "weights" on.
    """
    weights = families["weights"]
    base = address_of(weights[0])
    places = {
        name.upper(): _listed([address_of(array) - base for array in arrays])
        for name, arrays in families.items()
    }
    stored = families["copies"][0] if "copies" in families else weights[0]
    macros = {"COPIES": "{0}", **places, "HAS_COPIES": int("copies" in families), **_chunks(weights)}
    kernel = function(stem, "update", **types(stored.dtype), **macros, SLOTS=_listed(slots))
    chunks = sum(map(_chunks_of, weights))
    kernel((min(chunks, _MOST_BLOCKS),), (BLOCK,), (weights[0], *arguments))


def families_of(arrays: Mapping[str, DeviceArray], names: Mapping[str, str]) -> dict[str, list[DeviceArray]]:
    """Return the arrays weights0, weights1, … and so on by ``names`` of families, which ports begin with."""
    found = {
        family: [arrays[f"{port}{number}"] for number in range(len(arrays)) if f"{port}{number}" in arrays]
        for family, port in names.items()
    }
    return {family: those for family, those in found.items() if those}


def _chunks(weights: Sequence[DeviceArray]) -> dict[str, str | int]:
    ends = [sum(map(_chunks_of, weights[: number + 1])) for number in range(len(weights))]
    sizes = [array.size for array in weights]
    return {"ARRAYS": len(weights), "SIZES": _listed(sizes), "ENDS": _listed(ends)}


def _chunks_of(array: DeviceArray) -> int:
    return -(-array.nbytes // _BYTES_OF_CHUNK)


def _listed(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
