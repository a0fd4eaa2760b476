"""Index of the rules: the keys that each rule names in the faults it reports.

The index is read from the source of the rules. A key is named by a tuple of its steps, in which a
step that is known only when the rule runs (the name of a node group, the place in a list) stands
as `ANY`. Paths that a rule takes from elsewhere than its own module are left out.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

from settings.keys import ANY

ADVICE = "ADVICE"
LISTS = ("RULES", "IN_ACCOUNT", ADVICE)
"""Names under which a module lists its rules; those of the last warn only."""

Pattern = tuple[str, ...]


class Rule(NamedTuple):
    """A rule, and the keys it names."""

    says: str
    """First paragraph of its docstring."""

    keys: set[Pattern]
    """Keys of the stack file, each as its steps."""

    refuses: bool
    """False for a rule that only warns."""

    def names(self, key: Pattern) -> bool:
        """Tell if the rule names that key, or the items of the list or map that it is."""
        return any(_covers(path, key) for path in self.keys)


def rules(package: str) -> Iterator[Rule]:
    """Yield the rules that the imported modules of a package list."""
    for name in sorted(one for one in sys.modules if one.startswith(f"{package}.")):
        module = sys.modules[name]
        for kind, function in ((one, rule) for one in LISTS for rule in getattr(module, one, ())):
            says = (inspect.getdoc(function) or "").partition("\n\n")[0]
            keys = _Reader(module, function).named()
            yield Rule(" ".join(says.split()), keys, refuses=kind != ADVICE)


def _covers(path: Pattern, key: Pattern) -> bool:
    while path[-1:] == (ANY,):
        path = path[:-1]
    fits = zip(path, key, strict=False)
    return len(path) == len(key) > 0 and all(step in (ANY, own) for step, own in fits)


class _Reader:
    """Reads the paths in one function, of which a name may stand for several."""

    def __init__(self, module: ModuleType, function: Callable[..., Any]) -> None:
        self._module = module
        source = ast.parse(textwrap.dedent(inspect.getsource(function)))
        self._nodes = [*ast.walk(source)]
        self._names: dict[str, set[Pattern]] = {}
        for node in sorted(self._nodes, key=lambda one: getattr(one, "lineno", 0)):
            if isinstance(node, ast.For):
                self._loop(node)
            elif isinstance(node, ast.Assign):
                self._assign(node.targets[0], node.value)
            elif isinstance(node, ast.AnnAssign) and node.value:
                self._assign(node.target, node.value)

    def named(self) -> set[Pattern]:
        """Find the paths that stand in the function as such, not as the beginning of another."""
        starts = {id(one.value) for one in self._nodes if isinstance(one, ast.Starred)}
        return {path for one in self._nodes if id(one) not in starts for path in self._paths(one)}

    def yielded(self) -> Iterator[list[ast.expr]]:
        """Yield the elements of each tuple that the function yields."""
        for node in self._nodes:
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                yield node.value.elts

    def _loop(self, node: ast.For) -> None:
        if isinstance(node.iter, ast.Tuple):
            for one in node.iter.elts:
                self._assign(node.target, one)
        elif isinstance(node.iter, ast.Call) and isinstance(node.iter.func, ast.Name):
            helper = getattr(self._module, node.iter.func.id, None)
            if inspect.isfunction(helper) and isinstance(node.target, ast.Tuple):
                reader = _Reader(sys.modules[helper.__module__], helper)
                for values in reader.yielded():
                    for target, value in zip(node.target.elts, values, strict=False):
                        self._remember(target, reader._paths(value))

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, part in zip(target.elts, value.elts, strict=False):
                self._remember(one, self._paths(part))
        else:
            self._remember(target, self._paths(value))

    def _remember(self, target: ast.expr, paths: set[Pattern]) -> None:
        if isinstance(target, ast.Name) and paths:
            self._names.setdefault(target.id, set()).update(paths)

    def _paths(self, node: ast.AST) -> set[Pattern]:
        """Resolve the paths that an expression may be."""
        if isinstance(node, ast.Name):
            value = getattr(self._module, node.id, None)
            is_path = isinstance(value, tuple) and all(isinstance(one, str) for one in value)
            return self._names.get(node.id) or ({value} if is_path and value else set())
        if not isinstance(node, ast.Tuple):
            return set()
        paths: set[Pattern] = {()}
        for one in node.elts:
            if isinstance(one, ast.Starred):
                steps = self._paths(one.value)
            else:
                steps = {(str(one.value) if isinstance(one, ast.Constant) else ANY,)}
            paths = {(*path, *step) for path in paths for step in steps}
        return paths - {()}
