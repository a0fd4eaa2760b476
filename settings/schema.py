"""The JSON schema of a stack file, made of the models.

`python -m settings.schema` writes it beside this file; `--check` fails if that is out of date.
Editors find it by the first line of a stack file and complete, explain and check what is typed.
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
    """The schema of a whole Pulumi.STACK.yaml of that project."""
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
                "required": ["aws:region", f"{project}:network", f"{project}:nodeGroups"],
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
    """The schema as the file has it."""
    return json.dumps(stack_schema(project), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with --check say whether it is up to date."""
    text = rendered(yaml.safe_load(PROJECT_FILE.read_text())["name"])
    return write_or_check(FILE, text, "settings.schema", arguments)


def _tidy(schema: Any, *, names: bool = False) -> Any:
    """A schema without what disturbs in an editor: titles, whole objects as defaults, line ends.

    Args:
        schema: Any part of it.
        names: Whether this part is a map whose keys are names of the user's, not keywords.
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
    """Whether an editor would show or fill in more than helps."""
    return key == "title" or (key == "default" and isinstance(value, dict))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
