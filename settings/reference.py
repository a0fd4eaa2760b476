"""Reference of the stack file, docs/configuration.md, generated from the models.

`python -m settings.reference` writes it; `--check` fails if it is out of date. Each key has its
help, type, default, unit, closed set, limits, an example and the rules that name it.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

import settings.rules  # noqa: F401 (the rules are read from the imported modules)
from settings.generated import write_or_check
from settings.keys import ANY, ITEM, Key, keys
from settings.rule_index import Rule, rules
from settings.stack import StackConfig

ROOT = Path(__file__).parent.parent
FILE = ROOT / "docs" / "configuration.md"
WIDTH = 100

SHIPPED_STACKS = ("dev", "patterns", "prod")
"""Stacks whose files are part of the repository; their values are examples."""

UNITS = {
    "Gib": "GiB",
    "Mib": "MiB",
    "Mibps": "MiB/s",
    "Seconds": "seconds",
    "Days": "days",
}
"""Unit of a key, by the last word of its name."""

INTRODUCTION = """\
# Configuration

Every key of a stack file, `Pulumi.STACK.yaml`. `make schema` writes this page from the models that
read the file; do not edit it by hand.

A stack file has one entry for each section under `config:`, with the project's name before it, and
`aws:region`, the AWS Region that everything is deployed to:

```yaml
config:
  aws:region: us-west-2
  PROJECT:storage:
    backend: efs
```

Keys below a section are named here as `pulumi config set --path` takes them, as in
`pulumi config set --path storage.backend fsx`. `NAME` stands for a name of your own, and `N` for a
position in a list, counted from 0. A key that is not listed here is refused, as is a value that
breaks a rule. All errors are reported at once, before anything is created.
"""


class NoHelpError(Exception):
    """A key has no help text."""


def rendered(model: type[BaseModel] = StackConfig) -> str:
    """Render the page.

    Raises:
        NoHelpError: A key has no docstring under its field.
    """
    found = [*keys(model)]
    contents = [_content(key, found) for key in found if key.section or len(key.steps) == 1]
    return "\n".join([INTRODUCTION, *contents, *(_entry(key) for key in found)])


def main(arguments: list[str]) -> int:
    """Write the file, or with --check say whether it is up to date."""
    return write_or_check(FILE, rendered(), "settings.reference", arguments)


def _content(section: Key, found: list[Key]) -> str:
    """Write an entry of the table of contents: a section and its keys."""
    depth = len(section.steps)
    indent = "  " * (len(_names(section.steps)) - 1)
    below = [
        f"[{one.name}](#{_anchor(one)})"
        for one in found
        if one.steps[:depth] == section.steps
        and len(_names(one.steps[depth:])) == 1
        and not one.section
    ]
    links = f": {', '.join(below)}" if below else ""
    return indent + _filled(f"- [{section.path}](#{_anchor(section)}){links}", f"{indent}  ")


def _names(steps: tuple[str, ...]) -> list[str]:
    return [one for one in steps if one != ANY]


def _anchor(key: Key) -> str:
    return key.path.replace(f"[{ITEM}]", f".{ITEM}")


def _entry(key: Key) -> str:
    if not key.help:
        raise NoHelpError(f"{key.path} has no help: put a docstring under its field")
    of_section = (key.section or {}).get("description", "").split("\n\n")
    facts = [f"- {name}: {text}" if text else f"- {name}" for name, text in _facts(key)]
    paragraphs = [
        f'\n<a id="{_anchor(key)}"></a>',
        f"{'##' if len(key.steps) == 1 else '###'} {key.path}",
        *(_filled(one) for one in (key.help, *of_section) if one),
        "\n".join(_filled(one, "  ") for one in facts),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _facts(key: Key) -> Iterator[tuple[str, str]]:
    """Yield the facts about a key, each with its name."""
    last_word = re.split("(?=[A-Z])", key.name)[-1].capitalize()
    yield "Type", f"{key.type}, in {UNITS[last_word]}" if last_word in UNITS else key.type
    yield ("Required", "") if key.is_required else ("Default", _default(key))
    if key.is_nullable and key.default is not None:
        yield "Null", "allowed, for none"
    if key.values:
        yield "Values", ", ".join(f"`{_yaml(one)}`" for one in key.values)
    if names := key.schema.get("propertyNames", {}).get("enum"):
        yield "Names", ", ".join(f"`{one}`" for one in names)
    if key.limits:
        yield "Limits", key.limits
    if (example := _example(key)) is not None:
        yield "Example", f"`{key.name}: {_yaml(example)}`"
    for says, refuses in _rules(key).items():
        yield "Rule" if refuses else "Warning", says


def _default(key: Key) -> str:
    if key.default is None:
        return "none"
    if key.default == {} and "$ref" in key.schema:
        return "the defaults of its keys"
    return f"`{_yaml(key.default)}`"


def _example(key: Key) -> Any:
    """Find an example: the field's own, or a shipped stack file's, or a value that it may take."""
    if examples := key.schema.get("examples"):
        return examples[0]
    if key.section:
        return None
    for config in _stack_files():
        for value in _values(config, key.steps):
            return value
    if key.default not in (None, [], {}):
        return key.default
    if key.values:
        return [key.values[0]] if key.schema.get("type") == "array" else key.values[0]
    return key.schema.get("minimum")


def _values(holder: Any, steps: tuple[str, ...]) -> Iterator[Any]:
    """Yield every value that a stack file has for a key."""
    if not steps:
        yield holder
    elif steps[0] == ANY:
        for one in holder.values() if isinstance(holder, dict) else holder:
            yield from _values(one, steps[1:])
    elif isinstance(holder, dict) and steps[0] in holder:
        yield from _values(holder[steps[0]], steps[1:])


@cache
def _stack_files() -> list[dict[str, Any]]:
    files = [ROOT / f"Pulumi.{name}.yaml" for name in SHIPPED_STACKS]
    configs = [yaml.safe_load(one.read_text(encoding="utf-8"))["config"] for one in files]
    return [{key.partition(":")[2]: one for key, one in config.items()} for config in configs]


def _rules(key: Key) -> dict[str, bool]:
    """Find the sentences of the rules about a key, each with True if the rule refuses."""
    return {one.says: one.refuses for one in _all_rules() if one.is_about(key)}


@cache
def _all_rules() -> list[Rule]:
    return [*rules("components", "settings")]


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _yaml(value: Any) -> str:
    """Write a value as one line of YAML."""
    text: str = yaml.safe_dump(
        [value], default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True
    )
    return text.strip()[1:-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
