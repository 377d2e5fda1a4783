"""Plans of cuDNN as they were compiled, on the disk: a small file each, beside what was found the quickest.

Where one cannot be read, or written, it is compiled anew. Whoever can write to that folder can have code run
on the GPU, as with all code that is kept.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kernels import code_folder


@dataclass(frozen=True)
class Plan:
    """A plan of the name ``method``: cuDNN's ``code``, and by which number it knows the tensor of a port."""

    method: str
    tensors: Mapping[str, int]
    code: bytes


def get(key: str) -> Plan | None:
    """Return what was kept under a key, None where nothing was."""
    try:
        record = json.loads(_path(key).read_text(encoding="utf-8"))
        tensors = {str(port): int(uid) for port, uid in record["tensors"].items()}
        return Plan(str(record["method"]), tensors, base64.b64decode(record["code"], validate=True))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def put(key: str, plan: Plan) -> None:
    """Keep a plan."""
    code = base64.b64encode(plan.code).decode()
    record = {"method": plan.method, "tensors": dict(plan.tensors), "code": code}
    with contextlib.suppress(OSError):
        code_folder.write(_path(key), json.dumps(record).encode())


def _path(key: str) -> Path:
    return code_folder.folder() / f"cudnn-{hashlib.sha256(key.encode()).hexdigest()}.json"
