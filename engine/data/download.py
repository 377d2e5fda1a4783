"""Gets a data set's file from a server: checked by its hash, and taken up where an earlier try ended."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from engine.errors import DataError
from engine.words import Words

Progress = Callable[[int, int | None], None]
"""Is told the bytes that are there, and of how many, as far as the server says so."""

_CHUNK = 1 << 18
_TIMEOUT = 30.0
_TRIES = 4
_ANSWER_OF_PART = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True)
class KnownFile:
    """A file of a data set: the sha256 of its content, hexadecimal."""

    name: str
    sha256: str


KNOWN: dict[str, tuple[KnownFile, ...]] = {
    "cifar10": (
        KnownFile(
            "cifar-10-python.tar.gz", "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
        ),
        KnownFile(
            "cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
        ),
    ),
}
"""The files that data sets are published in."""


def file_name(url: str) -> str:
    """Return the name of the file at ``url``; raises DataError for what is no address of a file."""
    parts = urlsplit(url)
    name = unquote(parts.path).rpartition("/")[2]
    if parts.scheme not in ("http", "https") or not parts.netloc or not name or "\\" in name:
        hint = "Give the full address of the file."
        raise DataError(source=url, expected="an http or https address of a file", found="another", hint=hint)
    return name


def known_sha256(dataset: str, name: str) -> str | None:
    """Return the hash of a data set's file called ``name``, if it is known."""
    return next((known.sha256 for known in KNOWN[dataset] if known.name == name), None)


def download(url: str, path: Path, sha256: str, progress: Progress | None = None) -> None:
    """Get ``url`` as ``path``, unless it is there already.

    What has come is kept in a ``.part`` file beside it, and a later call goes on from there, if the server
    can. Raises DataError where the server fails for good or the content has another hash.
    """
    if path.exists() and _hash(path) == sha256:
        return
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not part.exists() or _hash(part) != sha256:
            _fetch_all(url, part, progress)
        found = _hash(part)
        if found != sha256:
            part.unlink()
            hint = "The file there is another one, or was damaged on its way."
            raise DataError(
                source=url, expected=Words("the sha256 {sha256}", sha256=sha256), found=found, hint=hint
            )
        os.replace(part, path)
    except OSError as error:
        found = error.strerror or str(error)
        raise DataError(source=path, expected="a disk that takes the file", found=found, hint="") from error


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch_all(url: str, part: Path, progress: Progress | None) -> None:
    """Fetch until all is there; only a server that sends nothing new counts as a failed try."""
    failed = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            if _fetch(url, part, progress):
                return
            reason = "the connection ended too early"
        except urllib.error.HTTPError as error:
            with error:
                reason = Words("the answer {code} of the server", code=error.code)
            if error.code in (400, 401, 403, 404, 410):
                raise _failed(url, reason, part) from error
            if error.code == 416:  # what is there is no beginning of what the server has
                part.unlink(missing_ok=True)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = str(getattr(error, "reason", "") or error)
        now = part.stat().st_size if part.exists() else 0
        failed = 0 if now > before else failed + 1
        if failed == _TRIES:
            raise _failed(url, reason, part)


def _failed(url: str, reason: str, part: Path) -> DataError:
    kept = 0
    with suppress(OSError):
        kept = part.stat().st_size
    hint = "Check the address."
    if kept:
        hint = Words("{count} bytes are kept; run the command again to go on.", count=f"{kept:,}")
    return DataError(source=url, expected="the whole file", found=reason, hint=hint)


def _fetch(url: str, part: Path, progress: Progress | None) -> bool:
    """Fetch what is missing from ``part``; return whether all is there."""
    there = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={there}-"} if there else {}
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity", **headers})
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        start, total = _extent(answer, there)
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            return _copy(answer, file, total, progress)


def _extent(answer: Any, there: int) -> tuple[int, int | None]:
    """Where in the file the answer begins, and how long the whole is; a server may ignore the range."""
    if answer.status == 206:
        match = _ANSWER_OF_PART.fullmatch(answer.headers.get("Content-Range", ""))
        if match and int(match[1]) == there:
            return there, None if match[2] == "*" else int(match[2])
        raise http.client.HTTPException("another part of the file than was asked for")
    length = answer.headers.get("Content-Length")
    return 0, int(length) if length and length.isdecimal() else None


def _copy(answer: Any, file: IO[bytes], total: int | None, progress: Progress | None) -> bool:
    while content := answer.read(_CHUNK):
        file.write(content)
        if progress is not None:
            progress(file.tell(), total)
    file.truncate()
    return total is None or file.tell() == total
