"""Reads pickles of plain values and NumPy arrays without executing anything.

``pickle.load`` calls whatever a file names, and even NumPy's own functions crash on arguments that they were
never meant for. Here a machine of its own goes through the instructions: names become inert stand-ins out of
a short list, and an array is built by ``frombuffer`` once its type, shape and bytes fit together.

Source: the instructions as the standard library's ``pickletools`` documents them.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.words import Words

_TYPES = frozenset({"b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"})
_ORDERS = frozenset({"|", "<", ">", "="})
_LARGEST_LONG = 2**64
_MOST_AXES = 8


class _RefusedError(Exception):
    """What is ``found`` to be wrong with a pickle, in a few words."""

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found


def loads(content: bytes, source: object) -> Any:
    """Return what a pickle holds: None, bool, int, float, str, bytes, list, tuple, dict and arrays.

    Texts of Python 2 come as bytes; arrays are read-only. Raises DataError, naming ``source``, for a pickle
    that is damaged or that names anything but arrays.
    """
    try:
        return _Machine().run(content)
    except _RefusedError as error:
        found = error.found
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError) as error:
        # What pickletools, and the stack, say of instructions that do not fit together.
        found = Words("a damaged one ({reason})", reason=f"{type(error).__name__}: {str(error)[:100]}")
    raise DataError(
        source=source,
        expected="a pickle of numbers, texts, lists and arrays",
        found=found,
        hint="Nothing in it was executed.",
    )


_MARK = object()


@dataclass(eq=False)
class _Type:
    """Stands in for a NumPy dtype."""

    code: str
    order: str = "|"

    def array(self, content: object) -> NDArray[Any]:
        if not isinstance(content, bytes):
            raise _RefusedError("an array without its bytes")
        return np.frombuffer(content, np.dtype(self.order + self.code))


@dataclass(eq=False)
class _Array:
    """Stands in for an array that has no content yet."""

    content: NDArray[Any] | None = None


@dataclass(frozen=True)
class _Name:
    """Stands in for a name that the pickle would call."""

    name: str


class _Machine:
    """The stack and the memo of a pickle. Lists and dicts are shared as the pickle says, never copied."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, content: bytes) -> Any:
        for instruction, argument, place in pickletools.genops(content):
            name = instruction.name
            if name == "STOP":
                return _finished(self.pop())
            if name in _CONSTANTS:
                self._stack.append(_CONSTANTS[name])
            elif name in _PUSHED:
                self._stack.append(_PUSHED[name](argument))
            elif name in _ACTIONS:
                _ACTIONS[name](self, argument)
            elif name not in _IGNORED:
                raise _RefusedError(Words("the instruction {name} at byte {place}", name=name, place=place))
        raise _RefusedError("one without an end")

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def pop(self, _argument: object = None) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise _RefusedError("a mark where a value belongs")
        return value

    def pop_to_mark(self, _argument: object = None) -> list[Any]:
        for start in range(len(self._stack) - 1, -1, -1):
            if self._stack[start] is _MARK:
                values = self._stack[start + 1 :]
                del self._stack[start:]
                return values
        raise _RefusedError("a list without a beginning")

    def top(self, kind: type) -> Any:
        if type(self._stack[-1]) is not kind:
            raise _RefusedError(Words("something else where a {kind} belongs", kind=kind.__name__))
        return self._stack[-1]

    def duplicate(self, _argument: object) -> None:
        value = self.pop()
        self._stack += [value, value]

    def put(self, place: int) -> None:
        self._memo[place] = self._stack[-1]

    def memoize(self, _argument: object) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def get(self, place: int) -> None:
        self._stack.append(self._memo[place])

    def append(self, _argument: object) -> None:
        value = self.pop()
        self.top(list).append(value)

    def appends(self, _argument: object) -> None:
        values = self.pop_to_mark()
        self.top(list).extend(values)

    def take_tuple(self, count: int) -> None:
        values = [self.pop() for _ in range(count)]
        self.push(tuple(reversed(values)))

    def set_item(self, _argument: object) -> None:
        value, key = self.pop(), self.pop()
        _set_items(self.top(dict), [key, value])

    def set_items(self, _argument: object) -> None:
        values = self.pop_to_mark()
        _set_items(self.top(dict), values)

    def name(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self.push(_known_name(module, name))

    def name_of_stack(self, _argument: object) -> None:
        name, module = self.pop(), self.pop()
        self.push(_known_name(module, name))

    def call(self, _argument: object) -> None:
        arguments, function = self.pop(), self.pop()
        if type(function) is not _Name or type(arguments) is not tuple:
            raise _RefusedError("a call of something that is no name")
        self.push(_CALLS[function.name](*arguments))

    def build(self, _argument: object) -> None:
        state, target = self.pop(), self._stack[-1]
        if type(state) is not tuple:
            raise _RefusedError("a state that is no tuple")
        if type(target) is _Type:
            _complete_type(target, *state)
        elif type(target) is _Array:
            _complete_array(target, *state)
        else:
            raise _RefusedError("a state for something that is no array")


def _finished(value: object) -> Any:
    """Put arrays in the places of their stand-ins: as the value, or in the lists and dicts right below it."""
    if type(value) is dict:
        return {key: _array_of(item) for key, item in value.items()}
    if type(value) is list:
        return [_array_of(item) for item in value]
    return _array_of(value)


def _array_of(value: object) -> object:
    if type(value) is _Array:
        if value.content is None:
            raise _RefusedError("an array without content")
        return value.content
    return value


def _set_items(target: dict[Any, Any], values: list[Any]) -> None:
    for key, value in zip(values[::2], values[1::2], strict=True):
        # A tuple's hash is computed anew each time: nested ones would take for ever.
        if not isinstance(key, str | bytes | int):
            raise _RefusedError("a key that is neither text nor number")
        target[key] = value


def _known_name(module: object, name: object) -> _Name:
    if type(module) is not str or type(name) is not str:
        raise _RefusedError("a name that is no text")
    if f"{module} {name}" not in _NAMES:
        raise _RefusedError(Words("the name {name}", name=f"{module[:60]}.{name[:60]}"))
    return _Name(name)


def _encode(text: object, encoding: object) -> bytes:
    """Stand in for ``_codecs.encode``, by which Python 3 writes bytes for Python 2."""
    if type(text) is not str or encoding not in ("latin1", b"latin1"):
        raise _RefusedError("bytes in another form than Latin-1")
    return text.encode("latin1")


def _no_bytes(*content: object) -> bytes:
    """Stand in for ``bytes()``, which is how Python 3 writes none for Python 2."""
    if content:
        raise _RefusedError("a call of bytes")
    return b""


def _bytes(value: object) -> bytes:
    """Texts that only hold ASCII are bytes in Python 2 and text in Python 3."""
    return value.encode("latin1") if type(value) is str else value  # type: ignore[return-value]


def _text(value: object) -> object:
    return value.decode("latin1") if type(value) is bytes else value


def _make_type(code: object, *_flags: object) -> _Type:
    code = _text(code)
    if type(code) is not str or code.lstrip("".join(_ORDERS)) not in _TYPES:
        raise _RefusedError("an array of something else than numbers")
    return _Type(code[-2:], code[0] if code[0] in _ORDERS else "|")


def _complete_type(target: _Type, _version: object, order: object, subtype: object, *rest: object) -> None:
    order = _text(order)
    if order not in _ORDERS or subtype is not None or rest[:2] not in ((None, None), ()):
        raise _RefusedError("an array of something else than numbers")
    target.order = str(order)


def _reconstruct(_kind: object, _shape: object, _code: object) -> _Array:
    return _Array()


def _complete_array(
    target: _Array, _version: object, shape: object, kind: object, fortran: object, content: object
) -> None:
    target.content = _shaped(kind, _bytes(content), shape, "F" if fortran in (True, 1) else "C")


def _from_buffer(content: object, kind: object, shape: object, order: object) -> _Array:
    return _Array(_shaped(kind, content, shape, "F" if order == "F" else "C"))


def _scalar(kind: object, content: object) -> int | float | bool:
    value: int | float | bool = _shaped(kind, _bytes(content), (1,), "C")[0].item()
    return value


def _shaped(kind: object, content: object, shape: object, order: Any) -> NDArray[Any]:
    if type(kind) is not _Type or type(shape) is not tuple or len(shape) > _MOST_AXES:
        raise _RefusedError("an array of a shape or type that makes no sense")
    if not all(type(length) is int and 0 <= length < 2**40 for length in shape):
        raise _RefusedError("an array of a shape that makes no sense")
    values = kind.array(content)
    if len(values) != math.prod(shape):
        extents = " × ".join(map(str, shape))
        raise _RefusedError(Words("{count} values for an array of {shape}", count=len(values), shape=extents))
    return values.reshape(shape, order=order)


def _whole(value: int) -> int:
    if abs(value) >= _LARGEST_LONG:
        raise _RefusedError("a number of more than 64 bits")
    return value


def _latin(value: str) -> bytes:
    return value.encode("latin1")


_IGNORED = frozenset({"PROTO", "FRAME"})

_CONSTANTS: dict[str, object] = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_TUPLE": (),
    "MARK": _MARK,
}

_PUSHED: dict[str, Callable[[Any], object]] = {
    "EMPTY_LIST": lambda _: [],
    "EMPTY_DICT": lambda _: {},
    **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"), _whole),
    **dict.fromkeys(("FLOAT", "BINFLOAT"), float),
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING"), _latin),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"), bytes),
    **dict.fromkeys(("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"), str),
}

_ACTIONS: dict[str, Callable[[_Machine, Any], object]] = {
    "POP": _Machine.pop,
    "POP_MARK": _Machine.pop_to_mark,
    "DUP": _Machine.duplicate,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "MEMOIZE": _Machine.memoize,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "LIST": lambda machine, _: machine.push(machine.pop_to_mark()),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_to_mark())),
    "TUPLE1": lambda machine, _: machine.take_tuple(1),
    "TUPLE2": lambda machine, _: machine.take_tuple(2),
    "TUPLE3": lambda machine, _: machine.take_tuple(3),
    "DICT": lambda machine, _: machine.push(_dict(machine.pop_to_mark())),
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": _Machine.name_of_stack,
    "REDUCE": _Machine.call,
    "BUILD": _Machine.build,
}


def _dict(values: list[Any]) -> dict[Any, Any]:
    target: dict[Any, Any] = {}
    _set_items(target, values)
    return target


def _refuse_call(*_arguments: object) -> None:
    raise _RefusedError("a call of ndarray")


_CALLS: dict[str, Callable[..., object]] = {
    "_reconstruct": _reconstruct,
    "_frombuffer": _from_buffer,
    "scalar": _scalar,
    "ndarray": _refuse_call,
    "dtype": _make_type,
    "encode": _encode,
    "bytes": _no_bytes,
}

_NAMES = frozenset(
    {"numpy ndarray", "numpy dtype", "_codecs encode", "__builtin__ bytes"}
    | {f"numpy.{core}.multiarray {name}" for core in ("core", "_core") for name in ("_reconstruct", "scalar")}
    | {f"numpy.{core}.numeric _frombuffer" for core in ("core", "_core")}
)
