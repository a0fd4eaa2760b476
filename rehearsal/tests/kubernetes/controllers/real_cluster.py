"""An environment with a real API server and the controllers, driven as a person would drive it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from rehearsal.charts import HERE
from rehearsal.paths import Environment, binaries
from rehearsal.processes import lifecycle
from rehearsal.processes.services import SERVICES, variables
from tests.kubernetes.controllers.account import Account

NEEDED = [service for service in SERVICES if service.name in ("cluster", "cloud", "controllers")]


class Cluster:
    """An environment of its own, driven as a person would: by kubectl and Helm."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.account = Account(environment.cloud_url, environment.credentials)

    def program(self, name, *words, given=""):
        ran = self.ran(name, *words, given=given)
        assert ran.returncode == 0, f"{' '.join(words)}: {ran.stderr}"
        return ran.stdout

    def ran(self, name, *words, given=""):
        command, env = self.command(name, *words)
        return subprocess.run(
            command, input=given, env=env, capture_output=True, text=True, check=False
        )

    def command(self, name, *words):
        """The command line of a program, and its environment."""
        env = variables(self.environment) | {"KUBECONFIG": str(self.environment.kubeconfig)}
        return [str(binaries() / "cluster"), name, *words], env

    def apply(self, *objects):
        self.program("kubectl", "apply", "--server-side", "-f", "-", given=yaml.dump_all(objects))

    def get(self, *words):
        return json.loads(self.program("kubectl", "get", *words, "-o", "json"))

    def until(self, done, *words, seconds=60):
        """Waits until an object is as wanted, and gives it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.get(*words)
            if done(found):
                return found
            time.sleep(0.3)
        raise AssertionError(
            f"{words} never got there: {json.dumps(found.get('status'), indent=1)}"
        )

    def kill_controllers(self):
        """Ends their process without a warning, and waits until it is no more."""

        def controllers():
            found = lifecycle.status(self.environment, NEEDED)
            return next(one for one in found if one.name == "controllers")

        os.kill(controllers().pid, signal.SIGKILL)
        while controllers().running:
            time.sleep(0.05)

    def gone(self, *words):
        self.program("kubectl", "wait", "--for=delete", *words, "--timeout=60s")

    def install(self, release, chart, namespace, *settings):
        words = [word for setting in settings for word in ("--set", setting)]
        self.program(
            "helm", "upgrade", "--install", release, str(HERE / chart), "-n", namespace,
            "--create-namespace", "--wait", "--timeout", "60s", *words,
        )  # fmt: skip


@contextmanager
def started(home: Path) -> Iterator[Cluster]:
    """A cluster with two nodes and a bucket, in a home of its own."""
    (home / "bin").symlink_to(binaries())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REHEARSAL_HOME", str(home))
        environment = Environment.of("controllers")
        lifecycle.start(environment, lambda _: None, NEEDED)
        try:
            cluster = Cluster(environment)
            cluster.account.cluster()
            cluster.account.bucket("data", sets__digits__train="1,2")
            yield cluster
        finally:
            lifecycle.stop(environment, NEEDED)
