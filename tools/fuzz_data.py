"""Feeds damaged and hostile files to the readers of data, and of cuda-convnet's networks: nothing may be
executed, crash, hang or escape.

    .venv/bin/python tools/fuzz_data.py --mutants 10000

Every kind of file gets that many mutants, in a child process whose memory is limited. A reader may take a
mutant or refuse it with the error that it has for that. Ends with 1 where anything else happened, and says
which mutant it was: the same seed always makes the same ones.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import multiprocessing
import os
import pickle
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.data import pickles
from engine.data.batches import FileBatches, load_batches
from engine.data.decode import decode
from engine.data.idx import parse_idx
from engine.data.open import open_dataset
from engine.data.picture_files import load_picture_files
from engine.data.store import CACHE_VARIABLE
from engine.errors import DataError, InvalidFileError
from engine.graph.cuda_convnet.kinds import KINDS as CUDA_CONVNET
from engine.graph.cuda_convnet.network import import_network
from engine.graph.network_file import dumps, loads
from engine.graph.settings import DataSettings
from engine.graph.validate import inspect_network

MEMORY = 1 << 30
"""Bytes that a child may take for mutants, besides what it has at the start."""

SECONDS = 20
"""That one mutant may take."""

_FORBIDDEN = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "socket",
    "ctypes",
    "exec",
)
_REFUSALS = (DataError, InvalidFileError)
_rng = np.random.default_rng(1)


def _picture(kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    pixels = _rng.integers(0, 256, (12, 9, 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(options.pop("mode", "RGB")).save(file, kind, **options)
    return file.getvalue()


def _pickle(files: bool, protocol: int) -> bytes:
    data: Any = _rng.integers(0, 256, (12, 27), dtype=np.uint8)
    if files:
        data = [_picture("JPEG") for _ in range(12)]
    return pickle.dumps({"data": data, "labels": [0, 1] * 6, b"batch_label": b"batch"}, protocol)


def _gadgets() -> list[bytes]:
    """Pickles that would do harm: call programs, read files, blow up in memory."""

    class Call:
        def __init__(self, function: Any, *arguments: Any) -> None:
            self.call = function, arguments

        def __reduce__(self) -> Any:
            return self.call

    calls = [(os.system, "true"), (eval, "1"), (exec, "pass"), (open, "/etc/hostname"), (np.load, "x.npy")]
    calls += [
        (getattr, "", "join"),
        (subprocess.call, "true"),
        (np.ndarray, (1 << 40,)),
        (bytearray, 1 << 40),
    ]
    gadgets = [pickle.dumps(Call(*call), protocol) for call in calls for protocol in (0, 2, 4)]
    laughs = b"\x80\x02]q\x00" + b"".join(
        b"(" + b"h" + bytes([place]) * 1 + (b"h" + bytes([place])) * 9 + b"lq" + bytes([place + 1])
        for place in range(60)
    )
    huge = struct.pack("<I", 0xFFFFFFF0)
    gadgets += [
        laughs + b".",
        b"\x80\x02Nr" + huge + b".",
        b"\x80\x02T" + huge + b"a.",
        b"\x80\x02\x8b" + huge,
    ]
    nested = b"\x80\x02)" + b"\x86".join([b"2"] * 200) + b"}q\x00" + b"."
    return [*gadgets, nested, b"(" * 100_000 + b".", b"\x80\x02]" + b"2" * 100_000 + b"a" * 100_000 + b"."]


def _idx() -> bytes:
    return b"\0\0\x08\x03" + struct.pack(">3I", 4, 5, 6) + bytes(120)


def _npz() -> bytes:
    file = io.BytesIO()
    pictures, labels = _rng.integers(0, 256, (20, 4, 4, 1), dtype=np.uint8), np.arange(20) % 2
    np.savez(file, train_pictures=pictures, train_labels=labels, test_pictures=pictures, test_labels=labels)
    return file.getvalue()


def _contents() -> dict[str, bytes]:
    kinds = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "PPM")
    return {f"{folder}/{kind}.{kind.lower()}": _picture(kind) for folder in "ab" for kind in kinds}


def _tar(mode: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in _contents().items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _contents().items():
            archive.writestr(name, content)
    return file.getvalue()


_LEARNING = "epsW=dexp[base=0.01;tgtFactor=250;numSteps=4]\nepsB=0.002\nmomW=0.9\nmomB=0.9\nwc=0.004\n"
_BETWEEN = b"\n# parameters\n"


def _cuda_convnet() -> list[bytes]:
    """Networks with every type of layer, and hostile ones; parameters come behind the layers."""
    data = "[data]\ntype=data\ndataIdx=0\n[labels]\ntype=data\ndataIdx=1\n"
    layers, parameters = data, ""
    for name, kind in CUDA_CONVNET.items():
        inputs = "labels,probs" if kind.layer.is_cost else "data,data"
        keys = "".join(f"{key.name}=2\n" for key in kind.keys)
        layers += f"[{name.replace('.', '-')}]\ntype={name}\ninputs={inputs}\n{keys}neuron=relu\n"
        parameters += f"[{name.replace('.', '-')}]\n{_LEARNING}"
    small = data + "[fc]\ntype=fc\ninputs=data\noutputs=10\ninitW=0.01\nneuron=tanh[1,2]\n"
    small += "[probs]\ntype=softmax\ninputs=fc\n[cost]\ntype=cost.logreg\ninputs=labels,probs\n"
    hostile = small.replace("initW=0.01", "initWFunc=os.system('true')\ninitBFunc=lambda: exec('1')")
    huge = small.replace("outputs=10", "outputs=1000000000" + "0" * 5000)
    deep = data + "".join(f"[p{n + 1}]\ntype=pass\ninputs={f'p{n}' if n else 'data'}\n" for n in range(300))
    few = f"[fc]\n{_LEARNING}[cost]\ncoeff=1\n"
    pairs = [(layers, parameters), *[(small, few)] * 4, (hostile, few), (huge, few), (deep, "")]
    return [pair[0].encode() + _BETWEEN + pair[1].encode() for pair in pairs]


def _read_cuda_convnet(content: bytes) -> None:
    layers, _, parameters = content.partition(_BETWEEN)
    graph = import_network(layers, parameters, (24, 24)).network
    inspect_network(loads(dumps(graph)).graph)


def _read_pickle(content: bytes) -> None:
    pickles.loads(content, "mutant")


def _read_idx(content: bytes) -> None:
    parse_idx(content, "mutant")


def _read_picture(content: bytes) -> None:
    for size in (None, (8, 8)):
        decode(content, size, 3, "mutant")


def _in_folder(name: str, read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """Read the mutant as the only file of a folder."""

    def read_in_folder(content: bytes) -> None:
        folder = Path("folder")
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        try:
            read(folder)
        finally:
            (folder / name).unlink()
            shutil.rmtree("pictures", ignore_errors=True)  # the store

    return read_in_folder


def _as_file(name: str) -> Callable[[bytes], None]:
    """Read the mutant as the archive called ``name``."""

    def read(content: bytes) -> None:
        Path(name).write_bytes(content)
        try:
            open_dataset(DataSettings(source="path", path=name, size=8), Path())
        finally:
            shutil.rmtree("pictures", ignore_errors=True)  # the store

    return read


def _load_files(folder: Path) -> object:
    return load_picture_files(folder, FileBatches(), DataSettings(size=8))


Kind = tuple[Callable[[], list[bytes]], Callable[[bytes], None]]
KINDS: dict[str, Kind] = {
    "pickle": (lambda: [*(_pickle(False, p) for p in (0, 2, 3, 4, 5)), *_gadgets()], _read_pickle),
    "batch": (
        lambda: [_pickle(False, p) for p in (2, 4, 5)],
        _in_folder("data_batch_1", lambda folder: load_batches(folder, 0.1)),
    ),
    "jpeg batch": (lambda: [_pickle(True, p) for p in (2, 4)], _in_folder("data_batch_1", _load_files)),
    "binary batch": (
        lambda: [bytes(3073 * 4)],
        _in_folder("data_batch_1.bin", lambda folder: load_batches(folder, 0.1)),
    ),
    "idx": (lambda: [_idx()], _read_idx),
    "npz": (lambda: [_npz()], _as_file("mutant.npz")),
    "tar": (lambda: [_tar("w")], _as_file("mutant.tar")),
    "tar.gz": (lambda: [_tar("w:gz")], _as_file("mutant.tar.gz")),
    "tar.xz": (lambda: [_tar("w:xz")], _as_file("mutant.tar.xz")),
    "zip": (lambda: [_zip()], _as_file("mutant.zip")),
    "cuda-convnet": (_cuda_convnet, _read_cuda_convnet),
    "picture": (
        lambda: [
            *_contents().values(),
            _picture("PNG", mode="P"),
            _picture("PNG", mode="RGBA"),
            _picture("PNG", mode="1"),
            _picture("JPEG", mode="CMYK"),
            _picture("JPEG", progressive=True),
            _picture("GIF", mode="P", transparency=3),
            gzip.compress(b""),
        ],
        _read_picture,
    ),
}

_TELLING = [bytes([value]) for value in (0, 1, 0x7F, 0x80, 0xFF)]
_TELLING += [
    struct.pack(order + "I", value) for order in "<>" for value in (0, 1, 2**16, 2**31 - 1, 2**32 - 1)
]
_TELLING += [
    b"cos\nsystem\n",
    b"(S'true'\ntR",
    b"../../",
    b"/",
    b"\x94",
    b"R",
    b"b",
    b"\x93",
    b"\x85",
    b"]",
    b".",
]


def mutant(seeds: list[bytes], random_: random.Random) -> bytes:
    """Return one of ``seeds`` with a few bytes changed, put in, taken out or moved."""
    content = bytearray(random_.choice(seeds))
    for _ in range(random_.choice((0, 1, 1, 2, 3, 5, 10, 40))):
        place = random_.randrange(len(content) + 1)
        length = random_.choice((1, 1, 2, 4, 16, 256))
        match random_.randrange(6):
            case 0:
                content[place : place + 1] = bytes([random_.randrange(256)])
            case 1:
                telling = random_.choice(_TELLING)
                content[place : place + len(telling)] = telling
            case 2:
                content[place:place] = random_.choice(_TELLING)
            case 3:
                del content[place : place + length]
            case 4:
                other = random_.choice(seeds)
                start = random_.randrange(len(other) + 1)
                content[place : place + length] = other[start : start + length]
            case 5 if random_.random() < 0.2:
                del content[place:]
            case _:
                if place < len(content):
                    content[place] ^= 1 << random_.randrange(8)
    return bytes(content)


def fuzz(told: Connection, folder: str, kind: str, seed: int, numbers: range) -> None:
    """Try the mutants of these ``numbers``, and tell what came of them: the child's part."""
    os.chdir(folder)
    os.environ.update({CACHE_VARIABLE: folder, "TMPDIR": folder})
    tempfile.tempdir = None
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    make, read = KINDS[kind]
    Image.init()
    seeds = make()
    for content in seeds:  # so that all modules are imported before they are watched
        with contextlib.suppress(*_REFUSALS):
            read(content)
    watching = False
    events: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event.startswith(_FORBIDDEN) and not _imports(event, arguments):
            events.append(f"{event} {arguments}")
        if watching and event == "open" and _leaves(arguments):
            events.append(f"open {arguments[0]}")

    sys.addaudithook(watch)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    signal.signal(signal.SIGALRM, _too_long)
    for number in numbers:
        told.send_bytes(json.dumps({"begun": number}).encode())
        content = mutant(seeds, random.Random(f"{seed} {kind} {number}"))
        events.clear()
        signal.alarm(SECONDS)
        watching = True
        outcome = _outcome(read, content)
        watching = False
        signal.alarm(0)
        told.send_bytes(json.dumps({"outcome": outcome, "executed": events}).encode())


def _outcome(read: Callable[[bytes], None], content: bytes) -> str:
    try:
        read(content)
    except _REFUSALS:
        return "refused"
    except BaseException:
        return traceback.format_exc(limit=-3)
    return "taken"


def _imports(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether code is executed because a module of an installed package is imported for the first time."""
    return event == "exec" and Path(getattr(arguments[0], "co_filename", "")).is_file()


def _leaves(arguments: tuple[Any, ...]) -> bool:
    """Whether a file is opened for writing outside the folder that the child works in."""
    path, _, flags = arguments
    writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    return (
        bool(writes)
        and isinstance(path, str | bytes)
        and not Path(os.fsdecode(path)).resolve().is_relative_to(Path.cwd())
    )


def _too_long(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} s")


def run(kind: str, seed: int, count: int) -> list[str]:
    """Try ``count`` mutants in children, which have all modules from here, and return what went wrong."""
    fork = multiprocessing.get_context("fork")
    wrong: list[str] = []
    outcomes: Counter[str] = Counter()
    first = 0
    while first < count:
        with tempfile.TemporaryDirectory() as folder:
            listened, told = fork.Pipe(duplex=False)
            child = fork.Process(target=fuzz, args=(told, folder, kind, seed, range(first, count)))
            child.start()
            told.close()
            begun = _follow(listened, kind, outcomes, wrong)
            child.join()
        if child.exitcode == 0:
            break
        wrong.append(f"{kind} {begun}: the reader died with {child.exitcode}")
        first = begun + 1
        if begun < 0:
            break
    counts = f"{outcomes['taken']} taken, {outcomes['refused']} refused, {len(wrong)} wrong"
    print(f"{kind}: {count} mutants, {counts}", flush=True)
    return wrong


def _follow(listened: Connection, kind: str, outcomes: Counter[str], wrong: list[str]) -> int:
    begun = -1
    while (report := _next_report(listened)) is not None:
        if "begun" in report:
            begun = report["begun"]
            continue
        outcomes[report["outcome"]] += 1
        if report["outcome"] not in ("taken", "refused"):
            wrong.append(f"{kind} {begun}: {report['outcome']}")
        if report["executed"]:
            wrong.append(f"{kind} {begun}: executed {report['executed'][:5]}")
    return begun


def _next_report(listened: Connection) -> dict[str, Any] | None:
    """Return what a child tells next; None once it has ended."""
    try:
        report: dict[str, Any] = json.loads(listened.recv_bytes())
    except EOFError:
        return None
    return report


def main() -> int:
    """Fuzz every kind of file; return the program's exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--mutants", type=int, default=10_000, help="of each kind of file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind; may be repeated")
    arguments = parser.parse_args()
    wrong = []
    for kind in arguments.kind or KINDS:
        wrong += run(kind, arguments.seed, arguments.mutants)
    for report in wrong[:20]:
        print(report, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
