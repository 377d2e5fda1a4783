"""Tells the content of pictures apart."""

from __future__ import annotations

import hashlib
import zlib

DIGEST_BYTES = 16

_SALT = b"convnet-studio 2"
_HEAD_BYTES = 4096


def digest(content: bytes) -> bytes:
    """Return 16 bytes that are the same for the same content, and as good as random.

    They are a hash of its length, its beginning and a checksum of it all, which takes a fifth of the time of
    hashing it all. Different contents share a digest where all three agree, which nobody meets by accident;
    the price would be that both are kept in one split.
    """
    head = hashlib.blake2b(content[:_HEAD_BYTES], digest_size=DIGEST_BYTES, salt=_SALT)
    head.update(b"%d %d" % (len(content), zlib.crc32(content)))
    return head.digest()
