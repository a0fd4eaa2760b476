"""A world with a real API server and the controllers, driven as a person would drive it."""

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

from rehearsal import world as worlds
from rehearsal.charts import HERE
from rehearsal.places import World, binaries
from rehearsal.services import SERVICES, environment

from .account import Account

NEEDED = [service for service in SERVICES if service.name in ("cluster", "cloud", "controllers")]


class Cluster:
    """A world of its own, driven as a person would: by kubectl and Helm."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.account = Account(world.cloud_url)

    def program(self, name, *words, given=""):
        command = [str(binaries() / "cluster"), name, *words]
        env = environment(self.world) | {"KUBECONFIG": str(self.world.kubeconfig)}
        ran = subprocess.run(
            command, input=given, env=env, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, f"{' '.join(words)}: {ran.stderr}"
        return ran.stdout

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
            found = worlds.status(self.world, NEEDED)
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
        world = World.of("controllers")
        worlds.start(world, lambda _: None, NEEDED)
        try:
            cluster = Cluster(world)
            cluster.account.cluster()
            cluster.account.bucket("data", sets__digits__train="1,2")
            yield cluster
        finally:
            worlds.stop(world, NEEDED)
