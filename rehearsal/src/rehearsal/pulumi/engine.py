"""Pulumi's engine, driven through its Automation API in one environment."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pulumi import automation

from rehearsal.charts import CHARTS_VARIABLE, proxy
from rehearsal.folders import close_to_others, write_secret
from rehearsal.paths import PROJECT_VARIABLE, Environment, binaries, home, project, pulumi_state
from rehearsal.pulumi.back_end import has_pending_operations
from rehearsal.pulumi.command import Command
from rehearsal.pulumi.project_files import named, prepare_project, region
from rehearsal.pulumi.providers import taking_over
from rehearsal.tools import build

PASSPHRASE = "rehearsal"
MASK = "[secret]"
"""Text that the engine shows in place of a secret output, unless asked for the secret."""
PLUGINS_VARIABLE = "REHEARSAL_PLUGINS"
PROFILE = re.compile(r"^\[profile (.+)\]$", re.MULTILINE)


class StackError(Exception):
    """A stack cannot be rehearsed; the text says why and what to do."""


def write_profile(environment: Environment) -> None:
    """Write the profile in a stack's configuration, if any, with the environment's credentials.

    `aws eks get-token --profile NAME` looks for it, and the user's own profile would lead to AWS.
    """
    file, keys = environment.aws_configuration, environment.credentials
    # Stacks that share the environment may name other profiles of the same account.
    profiles = set(PROFILE.findall(file.read_text())) if file.exists() else set()
    if profile := named(environment.stack, "aws:profile"):
        profiles.add(profile)
    lines = [
        f"aws_access_key_id = {keys.access_key}",
        f"aws_secret_access_key = {keys.secret_key}",
        "",
    ]
    sections = [header for one in sorted(profiles) for header in (f"[profile {one}]", f"[{one}]")]
    write_secret(file, "\n".join(line for header in sections for line in (header, *lines)))


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
        "PULUMI_HOME": str(engine_home()),
        **chart_variables(environment),
    }


def engine_home() -> Path:
    """Return the engine's home, in which the plugins that the user has installed are found.

    It is not the user's own home, whose credentials are those of another back end.
    """
    own = close_to_others(home() / "pulumi")
    users = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi").absolute()
    plugins = own / "plugins"
    if users == own.absolute():
        return own
    if plugins.is_symlink():
        plugins.unlink()
    with contextlib.suppress(OSError):  # the engine's own folder, if anything is in it, is kept
        plugins.rmdir()
    with contextlib.suppress(FileExistsError):
        plugins.symlink_to(users / "plugins", target_is_directory=True)
    return own


def chart_variables(environment: Environment) -> dict[str, str]:
    """Return the variables by which a real Kubernetes provider installs the stand-in charts."""
    real = os.environ.get(CHARTS_VARIABLE) == "real"
    return {} if real or "kubernetes" not in left_to_plugins() else proxy.variables(environment)


def servers(environment: Environment) -> list[str]:
    """Return the provider servers that the engine has to attach to, as `name:port`.

    Raises:
        StackError: A variable that is for the providers has a value that it cannot have.
    """
    try:
        taking_over.allowed()
    except ValueError as error:
        raise StackError(str(error)) from error
    ports = environment.ports
    ours = {"aws": ports.aws, "kubernetes": ports.kubernetes, "eks": ports.eks}
    left = left_to_plugins()
    if unknown := left - set(ours):
        raise StackError(
            f"{PLUGINS_VARIABLE} leaves providers to their installed plugins, and can name "
            f"{', '.join(ours)}; it names {', '.join(sorted(unknown))}"
        )
    return [f"{name}:{port}" for name, port in ours.items() if name not in left]


def left_to_plugins() -> set[str]:
    """Return the providers that the user leaves to their installed plugins."""
    return {name for name in os.environ.get(PLUGINS_VARIABLE, "").split(",") if name}


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
        # Half the garbage of Go's default: an engine of 100 MiB in place of 140.
        given = variables(environment) | {"GOGC": os.environ.get("GOGC", "50")}
        workspace = Workspace(work_dir=str(folder), pulumi_command=self.command, env_vars=given)
        self.stack = automation.Stack.create_or_select(environment.stack, workspace)

    def forget_pending_operations(self, tell: Callable[[str], None]) -> None:
        """Remove the operations that a killed update left in the state, and name them.

        The engine would warn about each of them at every later update, because it cannot know
        whether the resource is there.
        """
        if not has_pending_operations(self.environment.stack):
            return
        exported = self.stack.export_stack()
        state = dict(exported.deployment or {})
        left = state.pop("pending_operations", None) or []
        if left:
            tell("operations that the last update did not finish, and that this one does again:")
        for one in left:
            _, _, kind, name = one["resource"]["urn"].split("::", 3)
            tell(f"    {one['type']} {kind.rpartition('$')[2]} {name}")
        self.stack.import_stack(automation.Deployment(exported.version, state))
