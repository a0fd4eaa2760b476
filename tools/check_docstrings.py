"""Check that no docstring begins with a question word.

`python -m tools.check_docstrings PATH...` reads Python files and folders of them, and prints
FILE:LINE for each docstring of a module, class, function or attribute that does.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

QUESTION_WORDS = (
    "What", "Who", "Whose", "Whom", "Where", "Which", "When", "Why", "Whether", "How",
)  # fmt: skip
BEGINNING = re.compile(rf"\s*({'|'.join(QUESTION_WORDS)})\b")


def main(arguments: list[str]) -> int:
    """Print the docstrings at fault; return 1 if there is one."""
    found = [fault for path in arguments for file in _files(Path(path)) for fault in _faults(file)]
    for fault in found:
        print(fault)
    return 1 if found else 0


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise FileNotFoundError(path)
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _faults(file: Path) -> Iterator[str]:
    for line, text in _docstrings(ast.parse(file.read_text(encoding="utf-8"))):
        if BEGINNING.match(text):
            first = text.strip().partition("\n")[0]
            yield f'{file}:{line}: begins with a question word: "{first}"'


def _docstrings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string that stands alone, as a docstring does."""
    for node in ast.walk(module):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
