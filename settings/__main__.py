"""Check a stack file before `pulumi up`, without an engine and without an account.

    python -m settings Pulumi.dev.yaml

Every rule is checked but those that need facts of the account, such as the zones that offer an
instance type, or the last update of the stack. Nothing is asked of AWS. A section with a secret in
it is not checked, because the file has it encrypted. The exit status is 1 if there are errors.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from components.spec.errors import ConfigError
from settings.credentials import credential_errors
from settings.deployed import Deployed
from settings.loading import check, in_order, sections
from settings.report import SettingsError, config_key

USAGE = "usage: python -m settings Pulumi.STACK.yaml"


class FileError(Exception):
    """A file cannot be read; the text says why."""


def read(file: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Raises:
        FileError: The file cannot be read, or is not one YAML mapping.
    """
    try:
        content = yaml.safe_load(file.read_bytes())
    except OSError as error:
        raise FileError(f"{file} can't be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise FileError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise FileError(f"{file} must be a mapping, with lines such as `config:`")
    return content


def report(file: Path) -> SettingsError | None:
    """Return the errors in a stack file, or None if there are none.

    Args:
        file: Stack file, Pulumi.STACK.yaml, in the folder of its Pulumi.yaml.

    Raises:
        FileError: The stack file or Pulumi.yaml cannot be read.
    """
    project = str(read(file.with_name("Pulumi.yaml")).get("name", ""))
    stack = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
    given = read(file).get("config") or {}
    if not isinstance(given, dict):
        raise FileError(f"{file}: `config` must be a mapping of keys to values")
    own = {key if ":" in str(key) else f"{project}:{key}": value for key, value in given.items()}
    secret = {key for key, value in own.items() if has_secret(value)}
    config = {key: text(value) for key, value in own.items()}
    region = config.get("aws:region", "")
    raw, unknown = sections(project, config), Deployed(is_known=False)
    _, found = check(project, stack, region, raw, read_account=None, deployed=unknown)
    errors = in_order([*credential_errors(config), *found])
    told = [one for one in errors if not concerns(one, project, secret)]
    return SettingsError(told, project=project, stack=stack) if told else None


def has_secret(value: Any) -> bool:
    """Return whether a value of a stack file is encrypted, or has an encrypted part."""
    if isinstance(value, list):
        return any(has_secret(one) for one in value)
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(has_secret(one) for one in value.values())
    return False


def text(value: Any) -> str:
    """Return a value of a stack file as Pulumi passes it to the program."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def concerns(error: ConfigError, project: str, keys: set[str]) -> bool:
    """Return whether an error is about one of some keys, or depends on one."""
    paths = (error.path, *error.depends_on)
    return any(config_key(project, path[:1]) in keys for path in paths)


def main(arguments: list[str]) -> int:
    """Print the errors in a stack file, and return the exit status."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        found = report(Path(arguments[0]))
    except FileError as error:
        print(error, file=sys.stderr)
        return 2
    if found:
        print(found, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
