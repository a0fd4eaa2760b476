"""Index of the rules: for each key, the sentences of the errors that name it.

The index is read from the source of the functions that yield a `ConfigError`: its first argument is
the path of the key, the second the rule. A function whose first parameter is a spec names keys
below that spec, any other function keys of the whole stack file. A step of a path that is known
only when the rule runs (the name of a node group, the place in a list) stands as `ANY`, such a part
of a sentence as `…`. A path or a sentence that is not in the source is left out.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, product
from typing import Any, NamedTuple

from pydantic import BaseModel

from components.spec.model import Spec
from settings.keys import ANY, Key
from settings.stack import StackConfig

Path = tuple[str, ...]
Value = Path | str
Values = frozenset[Value]
"""The paths and texts that an expression may be."""

Function = Callable[..., Any]

UNKNOWN = "…"
WORD = re.compile(r"\w+")
FEWEST_WORDS = 3
"""Sentences with fewer known words say too little."""


class Rule(NamedTuple):
    """A rule about one key."""

    says: str
    """Its sentence."""

    path: Path
    """The key, in steps."""

    model: str
    """Name of the model that the path begins in; empty for the whole stack file."""

    refuses: bool
    """False for a rule that only warns."""

    def is_about(self, key: Key) -> bool:
        """Tell if the rule is about a key, or about the items of the list or map that it is."""
        path, steps = self.path, key.models.get(self.model)
        while path[-1:] == (ANY,):
            path = path[:-1]
        if steps is None or len(steps) != len(path):
            return False
        return all(one in (ANY, step) for one, step in zip(path, steps, strict=True))


def rules(*packages: str) -> Iterator[Rule]:
    """Yield the rules in the imported modules of packages."""
    for name in sorted(sys.modules):
        if name.startswith(tuple(f"{one}." for one in packages)):
            advice = getattr(sys.modules[name], "WARNINGS", ())
            for function, model in _functions(name):
                for path, says in _Reader(function).errors():
                    if (model or path[:1] != (ANY,)) and len(WORD.findall(says)) >= FEWEST_WORDS:
                        yield Rule(says, path, model, refuses=function not in advice)


def _functions(module: str) -> Iterator[tuple[Function, str]]:
    """Yield the functions of a module that yield errors, each with the model it is given."""
    for value in vars(sys.modules[module]).values():
        if getattr(value, "__module__", None) != module:
            continue
        if _yields_errors(value):
            own = _model(value)
            for model in _models_with_its_rules(own) if own else [""]:
                yield value, model
        elif inspect.isclass(value) and "own_problems" in vars(value):
            for model in _models_with_its_rules(value):
                yield vars(value)["own_problems"], model


def _models_with_its_rules(model: type[Any]) -> Iterator[str]:
    """Yield the names of a model and of those that inherit its rules."""
    yield model.__name__
    for one in model.__subclasses__():
        own = vars(one).get("own_problems")
        if own is None or "super().own_problems()" in inspect.getsource(own):
            yield from _models_with_its_rules(one)


def _model(function: Function) -> type[BaseModel] | None:
    """Return the model that is a function's first parameter, if it is one."""
    found = _first_parameter(function)
    return None if found is None or issubclass(found, StackConfig) else found


def _first_parameter(function: Function) -> type[BaseModel] | None:
    """Return the model of a function's first parameter, also if it is imported for types only."""
    parameters = [*inspect.signature(function).parameters.values()]
    name = str(parameters[0].annotation) if parameters else ""
    there = getattr(sys.modules[function.__module__], name, None)
    if inspect.isclass(there) and issubclass(there, BaseModel):
        return there
    specs = [*_subclasses(Spec)] if there is None else []
    return next((one for one in specs if one.__name__ == name), None)


def _subclasses(model: type[Spec]) -> Iterator[type[Spec]]:
    for one in model.__subclasses__():
        yield one
        yield from _subclasses(one)


class _Reader:
    """Reads the errors that a function yields, by itself or through functions that it calls."""

    def __init__(
        self,
        function: Function,
        given: Mapping[str, Values] | None = None,
        callers: frozenset[Function] = frozenset(),
    ) -> None:
        self._callers = callers | {function}
        self._module = sys.modules[function.__module__]
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        nodes = (one for one in ast.walk(tree) if isinstance(one, ast.expr | ast.stmt))
        self._nodes = sorted(nodes, key=lambda one: (one.lineno, one.col_offset))
        self._names: dict[str, Values] = dict(given or {})
        self._used: set[str] = set()

    def errors(self) -> Iterator[tuple[Path, str]]:
        """Yield path and sentence of each error."""
        for node in self._nodes:
            match node:
                case ast.Call(func=ast.Name("ConfigError"), args=[path, says, *_]):
                    yield from product(self._paths(path), self._sentences(says))
                case ast.Call(func=ast.Name(name)):
                    yield from self._errors_of(getattr(self._module, name, None), node)
                case _:
                    self._read(node)

    def yielded(self) -> Iterator[list[Values]]:
        """Yield the elements of each tuple that the function yields."""
        for node in self._nodes:
            self._read(node)
            match node:
                case ast.Yield(value=ast.Tuple(elts=elements)):
                    yield [self._values(one) for one in elements]

    def _errors_of(self, function: Any, call: ast.Call) -> Iterator[tuple[Path, str]]:
        if _yields_errors(function) and function not in self._callers:
            names = inspect.signature(function).parameters
            arguments = dict(zip(names, call.args, strict=False))
            arguments |= {one.arg: one.value for one in call.keywords if one.arg}
            given = {name: self._values(one) for name, one in arguments.items()}
            # A rule of a whole model is read by itself.
            if any(given.values()) or not _takes_model(function):
                yield from _Reader(function, given, self._callers).errors()

    def _read(self, node: ast.AST) -> None:
        """Note the values that a statement gives to names."""
        match node:
            case (
                ast.Assign(targets=[target], value=ast.expr() as value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                self._assign(target, value)
            case ast.For(target=ast.Tuple(elts=targets), iter=ast.Tuple(elts=rows)):
                self._name_columns(
                    targets,
                    [
                        [self._values(one) for one in row.elts]
                        for row in rows
                        if isinstance(row, ast.Tuple)
                    ],
                )
            case ast.For(target=ast.Tuple(elts=targets), iter=ast.Call(func=ast.Name(name))):
                helper = getattr(self._module, name, None)
                if inspect.isfunction(helper):
                    self._name_columns(targets, [*_Reader(helper).yielded()])

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target, value:
            case ast.Tuple(elts=targets), ast.Tuple(elts=values):
                for one, part in zip(targets, values, strict=False):
                    self._assign(one, part)
            case ast.Name(name), _:
                found = self._values(value)
                # Sentences of two branches come together; one that was used is done with.
                is_sentence = any(isinstance(one, str) for one in found)
                keeps = is_sentence and name not in self._used
                self._name(target, found | (self._names.get(name, frozenset()) if keeps else set()))

    def _name_columns(self, targets: list[ast.expr], rows: list[list[Values]]) -> None:
        """Note the values that a loop over tuples gives to names."""
        for target, *values in zip(targets, *rows, strict=False):
            self._name(target, frozenset[Value]().union(*values))

    def _name(self, target: ast.expr, values: Values) -> None:
        if isinstance(target, ast.Name) and values:
            self._names[target.id] = values
            self._used.discard(target.id)

    def _paths(self, node: ast.expr) -> list[Path]:
        return sorted(one for one in self._values(node) if isinstance(one, tuple))

    def _sentences(self, node: ast.expr) -> list[str]:
        if isinstance(node, ast.Name):
            self._used.add(node.id)
        return sorted(one for one in self._values(node) if isinstance(one, str))

    def _values(self, node: ast.expr) -> Values:
        """Find the paths and the texts that an expression may be."""
        match node:
            case ast.Constant(value=value):
                return _constant(value)
            case ast.JoinedStr(values=parts):
                return frozenset({"".join(map(self._part, parts))})
            case ast.IfExp(body=body, orelse=other):
                return self._values(body) | self._values(other)
            case ast.Name(name):
                return self._names.get(name) or _constant(getattr(self._module, name, None))
            case ast.Tuple(elts=elements):
                choices = [self._steps(one) for one in elements]
                return frozenset(tuple(chain(*steps)) for steps in product(*choices))
        return frozenset()

    def _steps(self, element: ast.expr) -> list[Path]:
        """Find the steps that an element of a path may be."""
        match element:
            case ast.Starred(value=value):
                return self._paths(value)
            case ast.Constant(value=int()):
                return [(ANY,)]
        return [(one,) for one in sorted(map(str, self._values(element)))] or [(ANY,)]

    def _part(self, part: ast.expr) -> str:
        """Write a part of an f-string."""
        match part:
            case ast.Constant(value=text):
                return str(text)
            case ast.FormattedValue(value=value):
                found = [one for one in self._values(value) if isinstance(one, str)]
                return found[0] if len(found) == 1 else UNKNOWN
        return UNKNOWN


def _takes_model(function: Function) -> bool:
    return _first_parameter(function) is not None


def _yields_errors(value: Any) -> bool:
    return inspect.isfunction(value) and "ConfigError" in str(value.__annotations__.get("return"))


def _constant(value: Any) -> Values:
    match value:
        case str() | int():
            return frozenset({str(value)})
        case tuple() if value and all(isinstance(one, str) for one in value):
            return frozenset({value})
    return frozenset()
