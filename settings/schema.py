"""JSON schema of a stack file, generated from the models.

`python -m settings.schema` writes it beside this file; `--check` fails if it is out of date. The
first line of a stack file names it, so that editors complete, explain and check the keys.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from settings.generated import write_or_check
from settings.stack import StackConfig

FILE = Path(__file__).with_name("stack.schema.json")
PROJECT_FILE = Path(__file__).parent.parent / "Pulumi.yaml"

REGION = {
    "type": "string",
    "pattern": "^[a-z]{2}(-[a-z]+)+-[0-9]$",
    "description": "The AWS Region everything is deployed to.",
}


def stack_schema(project: str) -> dict[str, Any]:
    """Return the schema of a whole Pulumi.STACK.yaml of a project."""
    models = StackConfig.model_json_schema(by_alias=True)
    definitions = models.pop("$defs")
    own = {f"{project}:{name}": schema for name, schema in models["properties"].items()}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": f"A stack of {project}.",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": ["aws:region"],
                "anyOf": [
                    {"required": [f"{project}:network", f"{project}:nodeGroups"]},
                    # The network and the nodes of an existing cluster need not be named.
                    {
                        "required": [f"{project}:cluster"],
                        "properties": {f"{project}:cluster": {"required": ["existing"]}},
                    },
                ],
                "properties": {"aws:region": REGION, **own},
                # Other namespaces, such as aws:profile, are their providers' business.
                "patternProperties": {f"^(?!{project}:)[^:]+:": True},
                "additionalProperties": False,
            },
        },
        "$defs": definitions,
    }
    tidied: dict[str, Any] = _tidy(schema)
    return tidied


def rendered(project: str) -> str:
    """Return the text of the schema's file."""
    return json.dumps(stack_schema(project), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with --check say whether it is up to date."""
    text = rendered(yaml.safe_load(PROJECT_FILE.read_text())["name"])
    return write_or_check(FILE, text, "settings.schema", arguments)


def _tidy(schema: Any, *, names: bool = False) -> Any:
    """Return a schema without parts that disturb in an editor, such as titles and line ends.

    Args:
        schema: Any part of the schema.
        names: True if the keys of this part are names, not keywords of JSON Schema.
    """
    if isinstance(schema, list):
        return [_tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {
        key: _tidy(value, names=key in {"properties", "$defs", "patternProperties"} and not names)
        for key, value in schema.items()
        if names or not _disturbs(key, value)
    }
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].split())
    return tidy


def _disturbs(key: str, value: Any) -> bool:
    return key == "title" or (key == "default" and isinstance(value, dict))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
