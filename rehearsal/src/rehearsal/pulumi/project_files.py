"""Pulumi.yaml and the stack files: read, checked, and copied for the engine.

The engine writes the salt of its passphrase into the stack file that it reads, and the user's file
is for AWS. It therefore reads a copy, in a directory of the environment that also has a copy of
Pulumi.yaml and a link to the program. The rehearsal never writes into a file of the user's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from rehearsal.files import fault, write_text
from rehearsal.paths import Environment, RehearsalError, project, pulumi_state
from rehearsal.pulumi.language_host.config import added, filled, fitting
from rehearsal.pulumi.yaml_files import members, read_mapping, require_mapping, value_of

SALT = "encryptionsalt"
SECRETS = (SALT, "encryptedkey", "secretsprovider")
"""Keys of a stack file that tell how its secrets are encrypted."""
PROGRAM = "program"
_EMPTY_STACK = "Write the stack's configuration under `config:`"
_EMPTY_PROJECT = "Write `name:` and `runtime:`"


def check_files(stack: str) -> None:
    """Check that everything that a person writes for a stack can be read.

    Raises:
        RehearsalError: A file does not exist, cannot be read, or has a wrong form.
    """
    added()
    project_settings()
    stack_config(stack)


def stack_file(stack: str) -> Path:
    """Return the user's configuration file of a stack.

    Raises:
        RehearsalError: There is no such file.
    """
    found = project() / f"Pulumi.{stack}.yaml"
    if not found.exists():
        known = sorted(one.name.split(".")[1] for one in project().glob("Pulumi.*.yaml"))
        raise RehearsalError(
            f"stack {stack}: there is no {found.name}. Write one, or take one of: "
            f"{', '.join(known) or 'none yet'}"
        )
    return found


def stack_settings(stack: str) -> dict[str, Any]:
    """Return the content of the user's file of a stack; its `config` is always a mapping.

    Raises:
        RehearsalError: The file does not exist, cannot be read, or has a wrong form.
    """
    file = stack_file(stack)
    node = read_mapping(file, _EMPTY_STACK)
    config = members(node).get("config")
    if config is not None and config.tag != "tag:yaml.org,2002:null":
        for key, _ in require_mapping(file, config, "`config`").value:
            if key.tag != "tag:yaml.org,2002:str":
                words = f"the key {key.value} of `config` must be a text, such as aws:region"
                raise fault(file, key.start_mark.line + 1, words)
    content: dict[str, Any] = value_of(file, node)
    return content | {"config": content.get("config") or {}}


def stack_config(stack: str) -> dict[str, Any]:
    """Return the configuration in the user's file of a stack, by its keys.

    Raises:
        RehearsalError: The file does not exist, cannot be read, or has a wrong form.
    """
    config: dict[str, Any] = stack_settings(stack)["config"]
    return config


def project_settings() -> dict[str, Any]:
    """Return the content of the user's Pulumi.yaml.

    Raises:
        RehearsalError: The file cannot be read, or has a wrong form.
    """
    file = project() / "Pulumi.yaml"
    node = read_mapping(file, _EMPTY_PROJECT)
    found = members(node)
    for key in ("name", "runtime"):
        if key not in found:
            raise fault(file, 1, f"there is no `{key}`. Write it, as in `{key}: my-program`")
    content: dict[str, Any] = value_of(file, node)
    if not isinstance(content["name"], str):
        raise fault(file, found["name"].start_mark.line + 1, "`name` must be a text")
    if not isinstance(content["runtime"], str):
        runtime = require_mapping(file, found["runtime"], "`runtime`")
        options = members(runtime).get("options")
        if options is not None:
            require_mapping(file, options, "`runtime.options`")
    return content


def region(stack: str) -> str | None:
    """Return the Region in a stack's configuration, or None if it has none."""
    return named(stack, "aws:region")


def named(stack: str, key: str) -> str | None:
    """Return a setting of a stack's configuration, or None if it is not a text."""
    found = stack_config(stack).get(key)
    return found if isinstance(found, str) else None


def prepare_project(environment: Environment) -> Path:
    """Write the engine's directory: the project, the program and the configuration.

    The salt that an earlier operation wrote into the copy of the configuration is kept.
    """
    folder = environment.root / "project"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / PROGRAM
    if not link.is_symlink() or link.readlink() != project():
        link.unlink(missing_ok=True)
        link.symlink_to(project(), target_is_directory=True)
    moved = _moved(project_settings(), PROGRAM)
    write_text(folder / "Pulumi.yaml", yaml.safe_dump(moved))
    copy = folder / f"Pulumi.{environment.stack}.yaml"
    content = stack_settings(environment.stack)
    # Our language host does the same for plain `pulumi`; an installed one brings its own host.
    content["config"] = filled(content["config"], fitting(content["config"], added()))
    if not has_secret(content["config"]):  # else only the user's own keys can decrypt it
        content = {key: value for key, value in content.items() if key not in SECRETS}
        if salt := _salt(copy):
            content[SALT] = salt
    write_text(copy, yaml.safe_dump(content, sort_keys=False))
    return folder


def virtual_environment(settings: dict[str, Any]) -> Path | None:
    """Return the folder of the program's virtual environment, or None if its project names none."""
    match settings["runtime"]:
        case {"options": {"virtualenv": str(folder)}}:
            return project() / folder
    return None


def _moved(settings: dict[str, Any], program: str) -> dict[str, Any]:
    """Return the settings of a project, whose paths are relative to another folder than before."""
    moved = {**settings, "main": str(Path(program) / (settings.get("main") or ""))}
    if folder := virtual_environment(settings):
        runtime = settings["runtime"]
        moved["runtime"] = {
            **runtime,
            "options": {**runtime["options"], "virtualenv": str(folder)},
        }
    return moved


def has_secret(value: Any) -> bool:
    """Return whether a value of a stack file is encrypted, or has an encrypted part."""
    if isinstance(value, list):
        return any(map(has_secret, value))
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(map(has_secret, value.values()))
    return False


def state_file(stack: str) -> Path:
    """Return the file in which the engine's back end has the state of a stack."""
    name: str = project_settings()["name"]
    return pulumi_state() / ".pulumi" / "stacks" / name / f"{stack}.json"


def _salt(copy: Path) -> str | None:
    """Return the salt that the engine wrote into a copy, or None without one."""
    try:
        content = yaml.safe_load(copy.read_text())
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return content.get(SALT) if isinstance(content, dict) else None
