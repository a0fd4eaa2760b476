"""Settings of the program that is rehearsed: the table `tool.rehearsal` of its pyproject.toml.

They are all that a rehearsal knows of a program beyond what its deployment shows.

    [tool.rehearsal]
    workload-packages = ["workloads"]
    restoring-modules = ["workloads.preload"]
    image-repositories = ["*-workloads"]
    training-jobs-output = "trainingJobs"
    check-command = "settings"

    [tool.rehearsal.environments]
    guest = "dev"

    [tool.rehearsal.config."PROJECT:KEY"]
    publicAccessCidrs = ["192.31.196.1/32"]

    [tool.rehearsal.config-unless]
    "PROJECT:KEY" = ["existing"]
"""

from __future__ import annotations

import tomllib
from dataclasses import Field, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from rehearsal.files import read_text
from rehearsal.paths import RehearsalError, project


@dataclass(frozen=True)
class Settings:
    """Table `tool.rehearsal` of a program; every key of it is optional."""

    workload_packages: list[str] = field(default_factory=list)
    """Packages in the program's folder: a container that runs `python -m PACKAGE...` runs here,
    from that folder, whatever its image."""

    restoring_modules: list[str] = field(default_factory=list)
    """Modules of these packages that restore the released files of a linked file system
    themselves; for every other program a file is restored when the pod starts."""

    image_repositories: list[str] = field(default_factory=list)
    """Repositories of the account's registry that count as pushed, as patterns with `*`."""

    training_jobs_output: str = ""
    """Output of the stack with the names of its training jobs, by their names in the program."""

    check_command: str = ""
    """Module of the program that checks a stack file: `python -m MODULE FILE` prints the errors and
    ends with 1 if there are some. It runs before anything is started."""

    environments: dict[str, Any] = field(default_factory=dict)
    """Stack whose account and cluster another stack uses, by the name of that other stack."""

    config: dict[str, Any] = field(default_factory=dict)
    """Stack configuration, by full keys, that is added where a stack does not set it."""

    config_unless: dict[str, Any] = field(default_factory=dict)
    """Keys of a section, by the section's full key, beside which nothing is added to it."""


@cache
def settings() -> Settings:
    """Return the settings of the program; those of a program without the table are the defaults.

    Raises:
        RehearsalError: The file is not TOML, or the table has a key or value that is not allowed.
    """
    file = project() / "pyproject.toml"
    if not file.exists():
        return Settings()
    table = _table(file)
    kinds = {one.name.replace("_", "-"): _kind(one) for one in fields(Settings)}
    for key, value in table.items():
        if key not in kinds:
            raise RehearsalError(
                f"{file}: tool.rehearsal has no key {key}. It has {', '.join(kinds)}."
            )
        kind, words = kinds[key]
        if not isinstance(value, kind):
            raise RehearsalError(f"{file}: tool.rehearsal.{key} must be a {words}, not {value!r}.")
    return Settings(**{key.replace("-", "_"): value for key, value in table.items()})


def _table(file: Path) -> dict[str, Any]:
    try:
        found: Any = tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:  # its text ends with the line and the column
        raise RehearsalError(f"{file} is not TOML: {error}.") from error
    table: dict[str, Any] = {}
    for key in ("tool", "rehearsal"):
        table = found = found.get(key, {})
        if not isinstance(found, dict):
            raise RehearsalError(f"{file}: {key} must be a table, not {found!r}.")
    return table


def _kind(one: Field[Any]) -> tuple[type, str]:
    """Return the type of a setting's value, and its name in TOML."""
    kinds = {"list[str]": (list, "list of texts"), "str": (str, "text")}
    return kinds.get(str(one.type), (dict, "table"))
