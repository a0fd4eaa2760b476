"""Paths, ports and files of a rehearsal on this machine.

This module is near the bottom: every other module of the rehearsal may import it, and it imports
only those of secrets and of folders.

Each stack has a rehearsal environment of its own, as each environment of a platform team has its
own AWS account: one emulated account, one Kubernetes API, one set of provider servers. Its ports
are chosen once and kept, because the state of a stack stores the endpoint of its cluster.

A stack may use the environment of another one instead, as a team that deploys into a network and a
cluster of others. Its folder then has only a record that names the other stack.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from rehearsal.credentials import Credentials
from rehearsal.folders import close_to_others, write_secret

HOST = "127.0.0.1"
# State of the file systems beside their contents, and the lock of the process that works on one.
STATE = ".state"
WORKER_LOCK = "worker.lock"
ACCOUNT_ID = "123456789012"

ENVIRONMENT_VARIABLE = "REHEARSAL_ENVIRONMENT"
HOME_VARIABLE = "REHEARSAL_HOME"
PROJECT_VARIABLE = "REHEARSAL_PROJECT"
KUBECONFIG_VARIABLE = "REHEARSAL_KUBECONFIG"

OWNER = "environment"
"""Key of a stack's record that names the stack whose environment it uses."""


class RehearsalError(Exception):
    """An environment cannot be created, started, stopped or saved; the text gives the remedy."""


@dataclass(frozen=True)
class Ports:
    """Loopback TCP port of each server."""

    cloud: int
    api_server: int
    etcd_client: int
    etcd_peer: int
    token_webhook: int
    aws: int
    kubernetes: int
    eks: int
    charts: int
    kubelet: int

    @classmethod
    def free(cls) -> Ports:
        """Return different ports that nothing listens on at present."""
        names = list(cls.__dataclass_fields__)
        with ExitStack() as held:
            sockets = [held.enter_context(socket.socket()) for _ in names]
            for one in sockets:
                one.bind((HOST, 0))
            return cls(
                **{name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)}
            )


@dataclass(frozen=True)
class UserCluster:
    """Kubernetes cluster of the user, selected by a context of their kubeconfig.

    The name of the context is stored, because the current context of the file may change.
    Credentials are not stored: they are read from the user's file whenever they are needed.
    """

    kubeconfig: str
    context: str

    @classmethod
    def at(cls, kubeconfig: Path) -> UserCluster:
        """Return the cluster of a kubeconfig's current context.

        Raises:
            RehearsalError: The file does not exist, or names no current context.
        """
        import yaml  # noqa: PLC0415 - the language host needs none, and starts often

        try:
            config = yaml.safe_load(kubeconfig.read_text()) or {}
            context = config.get("current-context")
            said = ""
        except (OSError, ValueError, yaml.YAMLError, AttributeError) as error:
            context, said = None, f" ({error})"
        if not context:
            raise RehearsalError(
                f"{KUBECONFIG_VARIABLE}: {kubeconfig} is not a kubeconfig with a current-context"
                f"{said}. Name another file, or unset the variable: the rehearsal then brings a "
                "cluster of its own."
            )
        return cls(str(kubeconfig), str(context))


@dataclass(frozen=True)
class Environment:
    """The rehearsal environment of one stack: everything that it owns on this machine."""

    stack: str
    root: Path
    ports: Ports
    user_cluster: UserCluster | None = None
    credentials: Credentials = field(default_factory=Credentials.random)

    @classmethod
    def of(cls, stack: str, owner: str | None = None) -> Environment:
        """Return the environment of a stack; create it with free ports if there is none.

        Args:
            stack: Name of the stack.
            owner: Stack whose environment it uses from now on; by default the one that it used
                before, or else its own.

        Raises:
            RehearsalError: The environment variables name a cluster that cannot be used, or the
                owner has no environment, or the stack has another one already.
        """
        root = home() / "environments" / stack
        record = root / "environment.json"
        if used := _owner(stack, owner):
            return replace(cls.of(used), stack=stack)
        named = os.environ.get(KUBECONFIG_VARIABLE)
        kubeconfig = Path(named).expanduser().absolute() if named else None
        if not record.exists():
            content: dict[str, Any] = {"stack": stack, "ports": asdict(Ports.free())}
            if kubeconfig:
                content["user_cluster"] = asdict(_unshared(UserCluster.at(kubeconfig)))
            _add_credentials(record, content)
        elif "credentials" not in (content := json.loads(record.read_text())):
            ports = asdict(Ports.free())  # an earlier version made it, and may lack some
            content["ports"] = ports | {one: content["ports"].get(one, ports[one]) for one in ports}
            _add_credentials(record, content)
        close_to_others(root.parent)
        environment = cls.at(root)
        if kubeconfig:
            environment._require(kubeconfig)
        return environment

    def _require(self, kubeconfig: Path) -> None:
        made_on = self.user_cluster.kubeconfig if self.user_cluster else "a cluster of its own"
        if made_on != str(kubeconfig):
            raise RehearsalError(
                f"{KUBECONFIG_VARIABLE} names {kubeconfig}, but the environment of stack "
                f"{self.stack} was made on {made_on}. Unset the variable; or, to move it: destroy "
                f"the stack, stop its environment and remove {self.root}."
            )

    @classmethod
    def at(cls, root: Path) -> Environment:
        """Return the environment stored in a folder."""
        record = json.loads((root / "environment.json").read_text())
        cluster = record.get("user_cluster")
        return cls(
            record["stack"],
            root,
            Ports(**record["ports"]),
            UserCluster(**cluster) if cluster else None,
            Credentials(**record["credentials"]),
        )

    @classmethod
    def current(cls) -> Environment:
        """Return the environment that this process serves, named by an environment variable."""
        return cls.at(Path(os.environ[ENVIRONMENT_VARIABLE]))

    @property
    def cloud_url(self) -> str:
        """Endpoint of the emulated AWS, for every service."""
        return f"http://{HOST}:{self.ports.cloud}"

    @property
    def api_server_url(self) -> str:
        """Endpoint of the Kubernetes API, which the emulated EKS returns as the cluster's."""
        return f"https://{HOST}:{self.ports.api_server}"

    @property
    def account(self) -> Path:
        """File of the emulated account."""
        return self.root / "cloud" / "account.sqlite"

    @property
    def pki(self) -> Path:
        """Folder of ca.crt, ca.key, and a key and certificate for each part of the cluster."""
        return self.root / "cluster" / "pki"

    @property
    def certificate_authority(self) -> Path:
        """File of the certificate that signs the API server's certificate, in PEM."""
        return self.pki / "ca.crt"

    @property
    def kubeconfig(self) -> Path:
        """Kubeconfig of an administrator with a client certificate, for the rehearsal's own use."""
        return self.root / "cluster" / "kubeconfig"

    @property
    def file_systems(self) -> Path:
        """Folder of the contents of the emulated file systems, with a folder for each id."""
        return self.root / "file-systems"

    def file_system_workers(self) -> Iterator[Path]:
        """Yield the lock files of the processes that work on file systems."""
        return (self.file_systems / STATE).glob(f"*/{WORKER_LOCK}")

    @property
    def training_jobs(self) -> Path:
        """Folder of the emulated training job containers, with a folder for each job."""
        return self.root / "training-jobs"

    @property
    def logs(self) -> Path:
        """Folder of the logs, with a file for each process."""
        return self.root / "logs"

    @property
    def aws_configuration(self) -> Path:
        """AWS configuration file of the environment, with the profile that the stack names."""
        return self.root / "aws-configuration"

    def aws_environment(self, region: str | None = None) -> dict[str, str]:
        """Return the variables that point boto3 and the AWS CLI at the emulated account."""
        variables = {
            "AWS_ENDPOINT_URL": self.cloud_url,
            # Never the user's own files, because their profiles lead to AWS or ask for a login.
            "AWS_CONFIG_FILE": str(self.aws_configuration),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.aws_configuration),
            "AWS_ACCESS_KEY_ID": self.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_key,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "AWS_RETRY_MODE": "standard",
        }
        if region:
            variables |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        return variables


def _owner(stack: str, wanted: str | None) -> str | None:
    """Return the stack whose environment a stack uses, and record it; None for its own.

    Raises:
        RehearsalError: The wanted owner has no environment, or the stack has another one already.
    """
    record = home() / "environments" / stack / "environment.json"
    known = json.loads(record.read_text()) if record.exists() else None
    used: str | None = known.get(OWNER) if known else None
    if wanted is None or wanted == (used or stack):
        return used
    if known:
        raise RehearsalError(
            f"Stack {stack} already uses the environment of {used or stack}. To move it to that of "
            f"{wanted}: destroy it there first, and remove {record.parent}."
        )
    theirs = home() / "environments" / wanted / "environment.json"
    if not theirs.exists():
        raise RehearsalError(
            f"Stack {stack} is to use the environment of stack {wanted}, which has none yet. Make "
            f"one: `python -m rehearsal up -s {wanted}`, or `python -m rehearsal cloud start -s "
            f"{wanted}` for an empty account."
        )
    close_to_others(record.parent)
    write_secret(record, json.dumps({"stack": stack, OWNER: wanted}))
    return wanted


def _add_credentials(record: Path, content: dict[str, Any]) -> None:
    """Write the record of an environment with new credentials."""
    close_to_others(record.parent)
    write_secret(record, json.dumps(content | {"credentials": asdict(Credentials.random())}))


def _unshared(cluster: UserCluster) -> UserCluster:
    """Return a cluster unless another stack uses it: each would remove the other's nodes.

    Raises:
        RehearsalError: Another stack uses it.
    """
    for record in (home() / "environments").glob("*/environment.json"):
        if OWNER in json.loads(record.read_text()):
            continue
        other = Environment.at(record.parent)
        if other.user_cluster == cluster:
            raise RehearsalError(
                f"{KUBECONFIG_VARIABLE}: stack {other.stack} is already on the cluster of context "
                f"{cluster.context} in {cluster.kubeconfig}, and two stacks can't share one. "
                "Name another, or unset the variable: the rehearsal then brings a cluster."
            )
    return cluster


def program_at(here: Path) -> Path | None:
    """Return the nearest folder with a Pulumi.yaml, from `here` upwards, or None."""
    folders = (here, *here.parents)
    return next((folder for folder in folders if (folder / "Pulumi.yaml").exists()), None)


def project() -> Path:
    """Return the folder of the Pulumi program that is rehearsed.

    It is the nearest folder with a Pulumi.yaml, from the working directory upwards, as for
    `pulumi` itself. Processes that work elsewhere have it in an environment variable.

    Raises:
        RehearsalError: No folder has one.
    """
    if named := os.environ.get(PROJECT_VARIABLE):
        return Path(named)
    here = Path.cwd()
    if found := program_at(here):
        return found
    raise RehearsalError(
        f"There is no Pulumi.yaml in {here}, nor in a folder above it. Run this command in the "
        f"folder of a Pulumi program, or name that folder by {PROJECT_VARIABLE}."
    )


def home() -> Path:
    """Return the folder of everything that the rehearsal stores."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else project() / ".rehearsal"


def binaries() -> Path:
    """Return the folder of the programs that `python -m rehearsal.tools` builds."""
    return home() / "bin"


def pulumi_state() -> Path:
    """Return the folder of the engine's file back end."""
    return close_to_others(home() / "state")
