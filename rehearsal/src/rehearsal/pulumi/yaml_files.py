"""YAML files that a person writes: read with an error that names the file and the line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from rehearsal.files import fault, read_text

_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """Loader that leaves a date a text, because no configuration of Pulumi has dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own form
        letter: [one for one in resolvers if one[0] != _TIMESTAMP]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_mapping(file: Path, empty: str) -> yaml.MappingNode:
    """Return the node of a YAML file's one document, which must be a mapping.

    Args:
        file: File to read.
        empty: Remedy for a file without content.

    Raises:
        RehearsalError: The file cannot be read, or is not such a document.
    """
    text = read_text(file)
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = " ".join(filter(None, (error.context, error.problem)))
        if "\\t" in words:
            words += ". YAML is indented by spaces"
        raise fault(file, mark.line + 1 if mark else 1, _one_line(words)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise fault(file, line, f"the character {error.character!r} is not allowed") from error
    if node is None:
        raise fault(file, 1, f"the file is empty. {empty}")
    for line, key in _twice(node):
        raise fault(file, line, f"the key {key} is there twice. Remove or rename one")
    return require_mapping(file, node, "the file")


def require_mapping(file: Path, node: yaml.Node, name: str) -> yaml.MappingNode:
    """Return a node that must be a mapping.

    Raises:
        RehearsalError: It is not.
    """
    if not isinstance(node, yaml.MappingNode):
        kind = "a list" if isinstance(node, yaml.SequenceNode) else f"`{_one_line(node.value)}`"
        found = f"{name} must be a mapping, with lines such as `key: value`, and is {kind}"
        raise fault(file, node.start_mark.line + 1, found)
    return node


def value_of(file: Path, node: yaml.Node) -> Any:
    """Return the value of a node.

    Raises:
        RehearsalError: A tag or a key in it is not allowed.
    """
    try:
        return _Loader("").construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or node.start_mark
        raise fault(file, mark.line + 1, _one_line(error.problem or str(error))) from error
    except ValueError as error:
        raise fault(file, node.start_mark.line + 1, str(error)) from error


def members(node: yaml.MappingNode) -> dict[str, yaml.Node]:
    """Return the nodes of a mapping by the text of their keys."""
    return {str(key.value): value for key, value in node.value}


def _twice(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each key that its mapping has already."""
    if isinstance(node, yaml.SequenceNode):
        for one in node.value:
            yield from _twice(one)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
            yield from _twice(value)


def _one_line(text: object) -> str:
    return re.sub(r"\s+", " ", str(text)).strip()
