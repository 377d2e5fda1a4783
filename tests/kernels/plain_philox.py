"""Philox4x32-10 by the paper's definition, in Python's integers."""

from __future__ import annotations

from collections.abc import Sequence


def plain_philox(counter: Sequence[int], key: Sequence[int]) -> list[int]:
    """Return one block, the four words of ``counter`` mixed under the two of ``key``.

    Source: Salmon, Moraes, Dror, Shaw 2011, 'Parallel random numbers: as easy as 1, 2, 3' (Random123).
    """
    words, (key_0, key_1) = [int(word) for word in counter], key
    for _ in range(10):
        product_0, product_2 = words[0] * 0xD2511F53, words[2] * 0xCD9E8D57
        words = [
            product_2 >> 32 ^ words[1] ^ key_0,
            product_2 & 0xFFFFFFFF,
            product_0 >> 32 ^ words[3] ^ key_1,
            product_0 & 0xFFFFFFFF,
        ]
        key_0, key_1 = (key_0 + 0x9E3779B9) & 0xFFFFFFFF, (key_1 + 0xBB67AE85) & 0xFFFFFFFF
    return words
