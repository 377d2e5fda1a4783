"""Machine code on the disk, so that a network that was compiled once starts at once.

A file's name is the hash of all that its content follows from: the kernel and its geometry, the target, the
version of LLVM, and the sources of this package. Content begins with its own hash: what a full disk or a
power cut left is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
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

    LLVM has a thread of its own: it takes two thirds of the time, and Python can write meanwhile.
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
        self._loaded: dict[str, Loaded] = {}

    def load(self, what: str, symbols: Sequence[str], write: Callable[[], str]) -> Loaded:
        """Return what tells the addresses of the ``symbols`` of the code of ``what``.

        Where it is not in the cache, ``write()`` returns its text in LLVM's language, and it is compiled
        meanwhile. Symbols are unique in this process, as ``what`` is.
        """
        if what not in self._loaded:
            key = key_of(self._target, what)
            found = self.cache.get(key)
            made = self._thread.submit(self.compile, write()) if found is None else None

            @cache
            def addresses() -> dict[str, int]:
                code = found
                if made is not None:
                    code = made.result()
                    self.cache.put(key, code)
                self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
                self._engine.finalize_object()
                return {symbol: self._engine.get_function_address(symbol) for symbol in symbols}

            self._loaded[what] = lambda symbol: addresses()[symbol]
        return self._loaded[what]

    def compile(self, text: str) -> bytes:
        """Return the object code of a module's text."""
        module = llvm.parse_assembly(text)
        module.triple, module.data_layout = self._triple, self._layout
        code: bytes = self._machine.emit_object(module)
        return code


@cache
def linker(target: str) -> Linker:
    """Return the linker of this process for a target's name."""
    return Linker(targets()[target], CodeCache(code_folder.folder()))
