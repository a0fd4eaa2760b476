"""The command `pulumi`, run for the Automation API."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from pulumi import automation
from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from rehearsal.processes import tied

OWNER_VARIABLE = "REHEARSAL_COMMAND"
"""Environment variable of the engine with the id of the process that started it."""


class Command(automation.PulumiCommand):
    """Pulumi command in a session of its own, so that a Ctrl-C reaches it once, and from us.

    If this process is killed, the kernel sends the engine the signal of a Ctrl-C: it cancels the
    update and saves the state. Its output goes to files, because a pipe without a reader would end
    it before that.
    """

    def __init__(self, program: Path) -> None:
        self.command = str(program)
        text = subprocess.run([program, "version"], capture_output=True, text=True, check=True)
        self.version = VersionInfo.parse(text.stdout.strip().lstrip("v"))
        self.running: subprocess.Popen[bytes] | None = None
        self.interrupted = False

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run one command of the engine to its end; the callbacks get its lines after that.

        Raises:
            automation.CommandError: The command failed.
        """
        owner = str(os.getpid())
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = self.running = subprocess.Popen(
                [*tied_to(owner), self.command, "--non-interactive", *args],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                cwd=cwd,
                env={
                    **os.environ,
                    **additional_env,
                    "PULUMI_AUTOMATION_API": "true",
                    OWNER_VARIABLE: owner,
                },
                start_new_session=True,
            )
            code = process.wait()
            result = CommandResult(
                stdout=_text(output, on_output), stderr=_text(errors, on_error), code=code
            )
        if code:
            raise create_command_error(result)
        return result

    def interrupt(self) -> None:
        """Ask the engine to cancel: it finishes running operations and saves the state.

        The second time it ends at once.
        """
        self.interrupted = True
        if self.running and self.running.poll() is None:
            self.running.send_signal(signal.SIGINT)


def tied_to(owner: str) -> list[str]:
    """Return the beginning of a command line whose program ends in order with its parent."""
    return [sys.executable, "-I", "-S", str(Path(tied.__file__)), owner]


def _text(file: IO[bytes], callback: Callable[[str], Any] | None) -> str:
    file.seek(0)
    lines = [line.rstrip() for line in file.read().decode(errors="replace").splitlines()]
    for line in lines if callback else ():
        callback(line)  # type: ignore[misc]
    return "\n".join(lines)
