"""Machine code on the disk, so that a network that was compiled once starts at once.

A file's name is the hash of all that its content follows from: the kernel and its geometry, the target, the
version of LLVM, and the sources of this package. Content begins with its own hash: what a full disk or a
power cut left is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

import llvmlite
import llvmlite.binding as llvm

from kernels import code_folder
from kernels.cpu.vector.target import Target, targets

Loaded: TypeAlias = Callable[[str], int]
"""Returns the address of a symbol; waits until its code is compiled."""

_HASH_BYTES = hashlib.sha256().digest_size


class CodeCache:
    """Object files in ``folder``; where it cannot be written, nothing is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """Return the object code of ``key``, or None where it is not there, or not whole."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        digest, code = content[:_HASH_BYTES], content[_HASH_BYTES:]
        return code if hashlib.sha256(code).digest() == digest else None

    def put(self, key: str, code: bytes) -> None:
        """Keep ``code`` as that of ``key``."""
        with contextlib.suppress(OSError):
            code_folder.write(self._path(key), hashlib.sha256(code).digest() + code)

    def _path(self, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()[:40]


def key_of(target: Target, what: str) -> str:
    """Return the key of the code of ``what``, a kernel with its geometry, for ``target``."""
    return f"{_maker()}\n{target}\n{what}"


@cache
def _maker() -> str:
    """Return what makes code here; found once, for LLVM answers nothing while it compiles."""
    sources = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        sources.update(path.read_bytes())
    versions = f"llvm {llvm.llvm_version_info} llvmlite {llvmlite.__version__} sources {sources.hexdigest()}"
    return f"{versions}\n{llvm.get_process_triple()}"


class Linker:
    """Turns LLVM's text into machine code for one target, and loads it into this process.

    LLVM has a thread of its own: it takes two thirds of the time, and Python can write meanwhile. All methods
    may be called by several threads.
    """

    def __init__(self, target: Target, cache: CodeCache) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self._target = target
        self._triple = llvm.get_process_triple()
        self._machine: Any = llvm.Target.from_triple(self._triple).create_target_machine(
            cpu=target.cpu, features=target.features, opt=2, codemodel="jitdefault", jit=True
        )
        self._layout = str(self._machine.target_data)
        # MCJIT wants a module to begin with; it stays empty, for all code comes as objects.
        self._engine: Any = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self._machine)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="compiler")
        self.cache = cache
        self._lock = Lock()
        self._coming: dict[str, Future[bytes]] = {}
        self._addresses: dict[str, dict[str, int]] = {}

    def load(self, what: str, symbols: Sequence[str], write: Callable[[], str]) -> Loaded:
        """Return what tells the addresses of the ``symbols`` of the code of ``what``.

        Where it is not in the cache, ``write()`` returns its text in LLVM's language, and it is compiled
        meanwhile; what LLVM has against it is raised where an address is asked for. Symbols are unique in
        this process, as ``what`` is.
        """
        with self._lock:
            if what not in self._addresses and not _may_come(self._coming.get(what)):
                self._coming[what] = self._begin(key_of(self._target, what), write)
        return partial(self._address, what, tuple(symbols))

    def _begin(self, key: str, write: Callable[[], str]) -> Future[bytes]:
        """Return the object code of a key, from the cache or as it will be compiled."""
        found = self.cache.get(key)
        if found is None:
            with self._cancelling():
                return self._thread.submit(self._make, key, write())
        kept: Future[bytes] = Future()
        kept.set_result(found)
        return kept

    def _make(self, key: str, text: str) -> bytes:
        """Compile a text, and keep the code even if nobody comes to ask for it."""
        code = self.compile(text)
        self.cache.put(key, code)
        return code

    def _address(self, what: str, symbols: Sequence[str], symbol: str) -> int:
        with self._lock:
            if what not in self._addresses:
                with self._cancelling():
                    code = self._coming[what].result()
                self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
                self._engine.finalize_object()
                self._addresses[what] = {name: self._engine.get_function_address(name) for name in symbols}
                del self._coming[what]
            return self._addresses[what][symbol]

    @contextlib.contextmanager
    def _cancelling(self) -> Iterator[None]:
        """Compile nothing more once something went wrong: at the end, Python waits for all that is queued."""
        try:
            yield
        except BaseException:
            for code in self._coming.values():
                code.cancel()
            raise

    def compile(self, text: str) -> bytes:
        """Return the object code of a module's text; raises RuntimeError with what LLVM has against it."""
        module = llvm.parse_assembly(text)
        module.triple, module.data_layout = self._triple, self._layout
        code: bytes = self._machine.emit_object(module)
        return code


def _may_come(code: Future[bytes] | None) -> bool:
    """Whether code is there, or on its way: neither cancelled, nor found wrong."""
    return code is not None and not code.cancelled() and not (code.done() and code.exception())


@cache
def linker(target: str) -> Linker:
    """Return the linker of this process for a target's name."""
    return Linker(targets()[target], CodeCache(code_folder.folder()))
