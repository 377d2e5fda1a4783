"""Finds the words that errors, lines of the log and notes are formed with, by reading the code.

Words are arguments that bear one of the names of ``FIELDS_OF_WORDS``, also where they reach an error through
a helper, a variable, a constant or what a function returns. Each is a literal, or ``Words`` with a literal
template; whatever else joins words with values cannot be translated, and is ``loose``.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACES = ("engine", "studio")
_SAID_ELSEWHERE = ("engine/cli",)
"""The command line speaks English."""
_FORMED = re.compile(r"[A-Za-z]{2,}(?=.* )|(?<= ).*[A-Za-z]{2,}")
"""What a text with values in it holds where it says something: a word, and a space."""
_NAME = re.compile(r"{(\w+)}")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Found:
    """All words, each with the first place where it stands, and the places of what cannot be translated."""

    texts: dict[str, str] = field(default_factory=dict)
    loose: list[str] = field(default_factory=list)


@dataclass
class _Module:
    """A file, with its functions and constants by name."""

    place: str
    tree: ast.Module

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def functions(self) -> dict[str, Function]:
        return {node.name: node for node in self.nodes if isinstance(node, Function)}

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        return dict(_assigned(self.tree.body))


def find_words() -> Found:
    """Return the words of the whole program but for its command line."""
    paths = [path for place in PLACES for path in sorted((ROOT / place).rglob("*.py"))]
    places = [str(path.relative_to(ROOT)) for path in paths]
    return words_in(
        {
            place: path.read_text(encoding="utf-8")
            for place, path in zip(places, paths, strict=True)
            if not place.startswith(_SAID_ELSEWHERE)
        }
    )


def words_in(files: Mapping[str, str]) -> Found:
    """Return the words of files whose contents are given by their places."""
    from studio.qt.texts import FIELDS_OF_WORDS

    modules = [_Module(place, ast.parse(content)) for place, content in files.items()]
    reader = _Reader(modules, frozenset(FIELDS_OF_WORDS))
    for module in modules:
        reader.read(module)
    return reader.found


class _Reader:
    """Follows each argument that is words to the literals that it may be."""

    def __init__(self, modules: list[_Module], names: frozenset[str]) -> None:
        self.found = Found()
        self._names = names
        self._functions = _functions(modules)
        self._constants = {name: value for module in modules for name, value in module.constants.items()}
        self._seen: set[ast.AST] = set()

    def read(self, module: _Module) -> None:
        """Take in the words of all calls of a module."""
        for function in (module.tree, *(n for n in module.nodes if isinstance(n, Function))):
            for node in _own(function):
                if isinstance(node, ast.Call):
                    for argument in self._arguments(node, module):
                        self._follow(argument, function, module)

    def _arguments(self, call: ast.Call, module: _Module) -> Iterator[ast.expr]:
        """Yield the arguments of a call that are words."""
        name = _called(call)
        if name == "Words":
            yield call
        yield from (keyword.value for keyword in call.keywords if keyword.arg in self._names)
        own = module.functions.get(name)
        for function in self._functions[name] if own is None else [own]:
            parameters = function.args.args
            parameters = parameters[1:] if parameters and parameters[0].arg in ("self", "cls") else parameters
            for parameter, argument in zip(parameters, call.args, strict=False):
                is_words = parameter.arg in self._names and _is_text(parameter)
                if is_words and (own is not None or not _is_one_word(argument)):
                    yield argument

    def _follow(self, node: ast.expr, function: ast.AST, module: _Module) -> None:
        if node in self._seen:
            return
        self._seen.add(node)
        match node:
            case ast.Constant(value=str(text)):
                self.found.texts.setdefault(text, module.place)
            case ast.IfExp(body=body, orelse=other):
                self._follow_all((body, other), function, module)
            case ast.BoolOp(values=values) | ast.Dict(values=values):
                self._follow_all(values, function, module)
            case ast.Subscript(value=ast.Name() | ast.Dict() as table):
                self._follow(table, function, module)
            case ast.Name(id=name):
                local = [value for other, value in _assigned(_own(function)) if other == name]
                constant = module.constants.get(name) or self._constants.get(name)
                if local:
                    self._follow_all(local, function, module)
                elif constant is not None and name not in _parameters(function):
                    self._follow(constant, module.tree, module)
            case ast.Call() if _called(node) == "Words":
                self._take_template(node, function, module)
            case ast.Call() if _called(node) in module.functions:
                said = module.functions[_called(node)]
                returned = [part.value for part in _own(said) if isinstance(part, ast.Return) and part.value]
                self._follow_all(returned, said, module)
            case _:
                if _FORMED.search(_joined(node)):
                    self._note_loose(node, module)

    def _follow_all(self, nodes: Iterable[ast.expr], function: ast.AST, module: _Module) -> None:
        for node in nodes:
            self._follow(node, function, module)

    def _take_template(self, call: ast.Call, function: ast.AST, module: _Module) -> None:
        """Take in a template; its names are those of its values."""
        template, given = call.args[0], {keyword.arg for keyword in call.keywords}
        self._follow(template, function, module)
        is_whole = isinstance(template, ast.Constant) and None not in given
        if is_whole and set(_NAME.findall(_joined(template))) != given:
            self._note_loose(call, module)
        for keyword in call.keywords:
            if _FORMED.search(_joined(keyword.value)):
                self._note_loose(keyword.value, module)

    def _note_loose(self, node: ast.expr, module: _Module) -> None:
        told = f"{module.place}:{node.lineno}: {ast.unparse(node)}"
        if told not in self.found.loose:
            self.found.loose.append(told)


def _is_text(parameter: ast.arg) -> bool:
    kind = parameter.annotation
    return kind is None or ast.unparse(kind) in ("str", "Words", "object")


def _is_one_word(node: ast.expr) -> bool:
    """Whether an argument is rather a key, or several: some other function of that name takes words there."""
    return isinstance(node, ast.Dict) or (isinstance(node, ast.Constant) and " " not in str(node.value))


def _functions(modules: Iterable[_Module]) -> defaultdict[str, list[Function]]:
    """Return all functions and methods of one name, and what makes an object by the name of its class."""
    found: defaultdict[str, list[Function]] = defaultdict(list)
    for module in modules:
        for node in module.nodes:
            if isinstance(node, Function):
                found[node.name].append(node)
            elif isinstance(node, ast.ClassDef):
                made = (part for part in node.body if isinstance(part, Function))
                found[node.name] += [part for part in made if part.name == "__init__"]
    return found


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function or module, but for those of functions in it."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, Function):
            yield node
            yield from _own(node)


def _parameters(function: ast.AST) -> set[str]:
    return {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}


def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that are given values, with these."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = zip(names, values, strict=True)
                yield from ((name.id, value) for name, value in pairs if isinstance(name, ast.Name))


def _joined(node: ast.expr) -> str:
    """Return what an expression joins to a text, with a sign for each value."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_joined(part) for part in parts)
        case ast.BinOp(left=left, right=right):
            return _joined(left) + _joined(right)
        case ast.Call(func=ast.Attribute(attr="format" | "join", value=text)):
            return _joined(text)
    return "·"
