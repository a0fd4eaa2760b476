"""Pulumi's engine, driven through its Automation API in one environment.

The engine works in a directory of the environment that has a copy of the stack's configuration and
a link to the program. It needs the copy because it writes the salt of its passphrase into the file
that it reads, and the user's file is for AWS.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation
from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from rehearsal.folders import close_to_others, write_secret
from rehearsal.paths import PROJECT_VARIABLE, Environment, binaries, home, project, pulumi_state
from rehearsal.pulumi.language_host.config import added, filled
from rehearsal.tools import build

PASSPHRASE = "rehearsal"
SALT = "encryptionsalt"
MASK = "[secret]"
"""Text that the engine shows in place of a secret output, unless asked for the secret."""
PLUGINS_VARIABLE = "REHEARSAL_PLUGINS"


class StackError(Exception):
    """A stack cannot be rehearsed; the text says why and what to do."""


def stack_file(stack: str) -> Path:
    """Return the user's configuration file of a stack.

    Raises:
        StackError: There is no such file.
    """
    found = project() / f"Pulumi.{stack}.yaml"
    if not found.exists():
        known = sorted(one.name.split(".")[1] for one in project().glob("Pulumi.*.yaml"))
        raise StackError(
            f"stack {stack}: there is no {found.name}. Write one, or take one of: "
            f"{', '.join(known) or 'none yet'}"
        )
    return found


def region(stack: str) -> str | None:
    """Return the Region in a stack's configuration, or None if it has none."""
    return _named(stack, "aws:region")


def write_profile(environment: Environment) -> None:
    """Write the profile in a stack's configuration, if any, with the environment's credentials.

    `aws eks get-token --profile NAME` looks for it, and the user's own profile would lead to AWS.
    """
    profile = _named(environment.stack, "aws:profile")
    keys = environment.credentials
    lines = [
        f"aws_access_key_id = {keys.access_key}",
        f"aws_secret_access_key = {keys.secret_key}",
        "",
    ]
    text = "\n".join([f"[profile {profile}]", *lines, f"[{profile}]", *lines]) if profile else ""
    write_secret(environment.aws_configuration, text)


def _named(stack: str, key: str) -> str | None:
    """Return a setting of a stack's configuration, or None if it is not a text."""
    config = (yaml.safe_load(stack_file(stack).read_text()) or {}).get("config") or {}
    found = config.get(key)
    return found if isinstance(found, str) else None


def variables(environment: Environment) -> dict[str, str]:
    """Return the variables with which `pulumi` and `kubectl` act like the rehearsal's command."""
    write_profile(environment)
    path = [str(binaries()), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    return environment.aws_environment(region(environment.stack)) | {
        "PATH": os.pathsep.join(path),
        "KUBECONFIG": str(environment.kubeconfig),
        PROJECT_VARIABLE: str(project()),
        "PULUMI_BACKEND_URL": f"file://{pulumi_state()}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_DEBUG_PROVIDERS": ",".join(servers(environment)),
        # These keep the engine off the network.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_HOME": str(close_to_others(home() / "pulumi")),
    }


def servers(environment: Environment) -> list[str]:
    """Return the provider servers that the engine has to attach to, as `name:port`.

    Raises:
        StackError: The variable that leaves some providers to their real plugins names another.
    """
    ports = environment.ports
    ours = {"aws": ports.aws, "kubernetes": ports.kubernetes, "eks": ports.eks}
    left = {name for name in os.environ.get(PLUGINS_VARIABLE, "").split(",") if name}
    if unknown := left - set(ours):
        raise StackError(
            f"{PLUGINS_VARIABLE} leaves providers to their installed plugins, and can name "
            f"{', '.join(ours)}; it names {', '.join(sorted(unknown))}"
        )
    return [f"{name}:{port}" for name, port in ours.items() if name not in left]


def prepare_project(environment: Environment) -> Path:
    """Write the engine's directory: the project, the program and the configuration.

    The salt that an earlier operation wrote into the copy of the configuration is kept.
    """
    folder = environment.root / "project"
    folder.mkdir(exist_ok=True)
    program = folder / "program"
    if not program.is_symlink():
        program.symlink_to(project(), target_is_directory=True)
    settings = yaml.safe_load((project() / "Pulumi.yaml").read_text())
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(_moved(settings, program.name)))
    source = stack_file(environment.stack)
    copy = folder / source.name
    content = yaml.safe_load(source.read_text())
    # Our language host does the same for plain `pulumi`; an installed one brings its own host.
    content["config"] = filled(content.get("config") or {}, added())
    if copy.exists() and (salt := yaml.safe_load(copy.read_text()).get(SALT)):
        content[SALT] = salt
    copy.write_text(yaml.safe_dump(content, sort_keys=False))
    return folder


def _moved(settings: dict[str, Any], program: str) -> dict[str, Any]:
    """Return the settings of a project, whose paths are relative to another folder than before."""
    moved = {**settings, "main": str(Path(program) / settings.get("main", ""))}
    match settings["runtime"]:
        case {"options": {"virtualenv": folder}} as runtime:
            options = {**runtime["options"], "virtualenv": str(project() / folder)}
            moved["runtime"] = {**runtime, "options": options}
    return moved


class Command(automation.PulumiCommand):
    """Pulumi command in a session of its own, so that a Ctrl-C reaches it once, and from us."""

    def __init__(self, program: Path) -> None:
        self.command = str(program)
        text = subprocess.run([program, "version"], capture_output=True, text=True, check=True)
        self.version = VersionInfo.parse(text.stdout.strip().lstrip("v"))
        self.running: subprocess.Popen[str] | None = None
        self.interrupted = False

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run one command of the engine to its end.

        Raises:
            automation.CommandError: The command failed.
        """
        process = self.running = subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"},
            text=True,
            start_new_session=True,
        )
        texts: dict[str, list[str]] = {"out": [], "error": []}

        def consume(name: str, stream: Any, callback: Callable[[str], Any] | None) -> None:
            for line in stream:
                texts[name].append(line.rstrip())
                if callback:
                    callback(line.rstrip())

        errors = threading.Thread(
            target=consume, args=("error", process.stderr, on_error), daemon=True
        )
        errors.start()
        consume("out", process.stdout, on_output)
        errors.join()
        code = process.wait()
        result = CommandResult(
            stdout="\n".join(texts["out"]), stderr="\n".join(texts["error"]), code=code
        )
        if code:
            raise create_command_error(result)
        return result

    def interrupt(self) -> None:
        """Ask the engine to cancel: it finishes running operations and saves the state."""
        self.interrupted = True
        if self.running and self.running.poll() is None:
            self.running.send_signal(signal.SIGINT)


class Workspace(automation.LocalWorkspace):
    """Workspace that reads a stack's outputs with secrets and without, at the same time.

    Each of the two reads starts the engine, which takes time to decrypt the state.
    """

    def stack_outputs(self, stack_name: str) -> automation.OutputMap:
        """Return the outputs of a stack, each marked if it is a secret."""
        asked = ["stack", "output", "--json", "--stack", stack_name]
        with ThreadPoolExecutor(max_workers=2) as pool:
            masked, plain = pool.map(self._read, (asked, [*asked, "--show-secrets"]))
        return {
            name: automation.OutputValue(value, secret=masked[name] == MASK)
            for name, value in plain.items()
        }

    def _read(self, arguments: list[str]) -> dict[str, Any]:
        """Return the JSON document that a command of the engine prints."""
        environment = {"PULUMI_HOME": self.pulumi_home} if self.pulumi_home else {}
        found = self.pulumi_command.run(arguments, self.work_dir, {**environment, **self.env_vars})
        said: dict[str, Any] = json.loads(found.stdout)
        return said


class Deployment:
    """One stack of the program, deployed in one environment."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.command = Command(build.engine())
        folder = prepare_project(environment)
        workspace = Workspace(
            work_dir=str(folder), pulumi_command=self.command, env_vars=variables(environment)
        )
        self.stack = automation.Stack.create_or_select(environment.stack, workspace)
