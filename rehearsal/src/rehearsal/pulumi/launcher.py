"""The `pulumi` of the environment of `rehearsal env`: the engine, on copies of stack files.

    python -m rehearsal.pulumi.launcher ENGINE FOLDER ARGUMENT ...

The engine writes the salt of its passphrase into each stack file that it reads. The commands that
read one therefore get the copy, which is written anew before: by their option, or, where they have
none, by the directory of the copies. Commands whose purpose is a change of the user's file, such as
`pulumi config set`, are left as they are.

It imports little, because it is in the way of every `pulumi`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rehearsal.paths import (
    HOME_VARIABLE,
    Environment,
    RehearsalError,
    home,
    program_at,
    project,
)
from rehearsal.pulumi.project_files import prepare_project, state_file

STACK_VARIABLE = "PULUMI_STACK"
WITH_VALUE = {
    *("-C", "--cwd", "--color", "--tracing", "--otel-traces", "--profiling", "--memprofilerate"),
    *("-v", "--verbose", "-s", "--stack", "--config-file"),
}
"""Options before a command's word that take the next word as their value."""
BY_OPTION = {
    *("up", "update", "preview", "pre", "destroy", "down", "dn"),
    *("refresh", "import", "watch"),
}
"""Commands with the option --config-file."""
BY_DIRECTORY = {
    "stack init",
    "stack new",
    "stack select",
    "stack rm",
    "stack remove",
    "stack history",
    "stack hist",
    "stack change-secrets-provider",
}
"""Commands without it that read, write or remove the stack file."""
READS_CONFIG = {"config", "config get"}


def arranged(arguments: Sequence[str], folder: Path, stack: str) -> list[str]:
    """Return the arguments of `pulumi` with which it reads the copy of a stack file.

    Args:
        arguments: Arguments as the user gave them.
        folder: Directory of the copies.
        stack: Name of the stack.
    """
    given = list(arguments)
    places = list(words(given))[:2]
    names = [given[place] for place in places]
    if not names or any(one.startswith("--config-file") for one in given):
        return given
    by_option = names[0] in BY_OPTION or " ".join(names) in READS_CONFIG
    if by_option:
        more = ["--config-file", str(folder / f"Pulumi.{stack}.yaml")]
    elif " ".join(names) in BY_DIRECTORY:
        more = ["--cwd", str(folder)]  # the last one counts
    else:
        more = []
    return [*given[: places[0] + 1], *more, *given[places[0] + 1 :]]


def words(arguments: Sequence[str]) -> Iterator[int]:
    """Yield the positions of the arguments that are neither options nor their values."""
    value = False
    for place, one in enumerate(arguments):
        if one == "--":
            return
        if not value and not one.startswith("-"):
            yield place
        value = one in WITH_VALUE and not value


def stack_of(arguments: Sequence[str]) -> str | None:
    """Return the stack that a command names, by an option or an environment variable."""
    return value_of(arguments, "-s", "--stack") or os.environ.get(STACK_VARIABLE)


def value_of(arguments: Sequence[str], short: str, long: str) -> str | None:
    """Return the value of an option, or None if it is not given."""
    for place, one in enumerate(arguments):
        if one in {short, long}:
            return next(iter(arguments[place + 1 :]), None)
        if one.startswith(f"{long}="):
            return one.partition("=")[2]
    return None


def is_of_the_program(arguments: Sequence[str]) -> bool:
    """Return False for a command in the folder of another Pulumi program than the rehearsed one."""
    folder = Path(value_of(arguments, "-C", "--cwd") or ".").resolve()
    return program_at(folder) in {None, project().resolve()}


def write_launcher(environment: Environment, engine: Path) -> Path:
    """Write the program `pulumi` of an environment, and return its folder."""
    folder = environment.root / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", __name__, str(engine), str(environment.root)]
    variable = f"{HOME_VARIABLE}={shlex.quote(str(home()))}"
    program = folder / "pulumi"
    draft = folder / f".pulumi.{os.getpid()}"
    draft.write_text(f'#!/bin/sh\n{variable} exec {shlex.join(words)} "$@"\n')
    draft.chmod(0o755)
    draft.replace(program)
    return folder


def main(engine: str, root: str, arguments: list[str]) -> None:
    """Become the engine."""
    stack = stack_of(arguments)
    if stack and is_of_the_program(arguments):
        environment = replace(Environment.at(Path(root)), stack=stack)
        try:
            folder = prepare_project(environment)
        except RehearsalError as error:
            sys.exit(f"error: {error}")
        if arguments[:1] == ["config"] and not state_file(stack).exists():
            # To set a value, the engine would create the stack, with a salt in the user's file.
            create = [engine, "--cwd", str(folder), "stack", "init", stack]
            subprocess.run(create, check=False, stdout=subprocess.DEVNULL)
        arguments = arranged(arguments, folder, stack)
    os.execv(engine, [engine, *arguments])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
