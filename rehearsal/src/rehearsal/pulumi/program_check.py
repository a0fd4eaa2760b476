"""The program's own check of a stack file, before anything is started.

A config with an error is refused by the program itself, but only once the engine runs it. The
module that `tool.rehearsal.check-command` names needs no engine, and no account.
"""

from __future__ import annotations

import subprocess
import sys

from rehearsal.paths import Environment, RehearsalError, project
from rehearsal.project import settings
from rehearsal.pulumi.project_files import prepare_project, project_settings, virtual_environment


def check_program(environment: Environment) -> None:
    """Check the copy of the stack file, which has what a rehearsal adds to it.

    Raises:
        RehearsalError: The program finds an error in it.
    """
    module = settings().check_command
    if not module:
        return
    copy = prepare_project(environment) / f"Pulumi.{environment.stack}.yaml"
    done = subprocess.run(
        [interpreter(), "-m", module, str(copy)],
        cwd=project(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RehearsalError((done.stdout + done.stderr).strip())


def interpreter() -> str:
    """Return the Python of the project's virtual environment if it exists, else this one."""
    folder = virtual_environment(project_settings())
    found = folder / "bin" / "python" if folder else None
    return str(found) if found and found.exists() else sys.executable
