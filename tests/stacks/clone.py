"""A fresh clone of the project with a rehearsal home of its own, used as a person uses it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rehearsal.credentials import Credentials
from rehearsal.paths import binaries

PROJECT = Path(__file__).parents[2]
LIMIT = 300
"""Seconds that one command may take on a slow machine."""
BUILT_IN_NAMESPACES = {"default", "kube-node-lease", "kube-public", "kube-system"}
OURS = (
    "namespaces,persistentvolumes,storageclasses,csidrivers,nodes",
    "persistentvolumeclaims,jobs,pods,deployments,daemonsets,secrets,configmaps",
)


def token(environment: dict[str, Any]) -> dict[str, str]:
    """Headers that open the emulated AWS's own paths, from the record of an environment."""
    return Credentials(**environment["credentials"]).admin_headers


@dataclass(frozen=True)
class Clone:
    """A checkout and its home; every command runs inside it."""

    root: Path
    home: Path

    @classmethod
    def under(cls, folder: Path) -> Clone:
        """Copy what git tracks, and the new files it does not ignore."""
        clone = cls(folder / "clone", folder / "home")
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=PROJECT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in filter(None, listed.split("\0")):
            source, target = PROJECT / name, clone.root / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)  # with its mode: some are programs
        for shared in (".venv", "data"):
            (clone.root / shared).symlink_to(PROJECT / shared)
        clone.home.mkdir()
        (clone.home / "bin").symlink_to(binaries().resolve())
        return clone

    @property
    def variables(self) -> dict[str, str]:
        """Variables that lead every process to this clone's home and its own rehearsal."""
        sources = self.root / "rehearsal" / "src"
        return {"REHEARSAL_HOME": str(self.home), "PYTHONPATH": str(sources)}

    def run(self, *arguments: str, ok: bool = True, **more: str) -> str:
        """Run a command; give what it said. It must succeed, or fail where `ok` is false."""
        ended = subprocess.run(
            arguments,
            cwd=self.root,
            env=os.environ | self.variables | more,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        said = f"{ended.stdout}\n{ended.stderr}"
        assert (ended.returncode == 0) == ok, f"{' '.join(arguments)}:\n{said}"
        return said

    def rehearsal(self, *arguments: str, ok: bool = True) -> str:
        """Run the rehearsal's command."""
        return self.run(sys.executable, "-m", "rehearsal", *arguments, ok=ok)

    @cache  # noqa: B019 (a process of tests has a handful, and an environment keeps its ports)
    def environment(self, stack: str) -> dict[str, str]:
        """Return the variables that `rehearsal env` prints, as a shell would take them."""
        printed = self.run(sys.executable, "-m", "rehearsal", "env", "-s", stack)
        shell = subprocess.run(
            ["bash", "-c", f"{printed}\nenv -0"], check=True, capture_output=True, text=True
        )
        return dict(one.split("=", 1) for one in shell.stdout.split("\0") if "=" in one)

    def in_environment(self, stack: str, *arguments: str) -> str:
        """Run a person's own command in that environment."""
        ended = subprocess.run(
            arguments,
            cwd=self.root,
            env=self.environment(stack),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert ended.returncode == 0, f"{' '.join(arguments)}:\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's outputs."""
        said = self.run(
            sys.executable, "-m", "rehearsal", "output", "-s", stack, "--json", "--show-secrets"
        )
        found: dict[str, Any] = json.loads(said)
        return found

    def objects(self, stack: str, kinds: str, *selection: str) -> list[dict[str, Any]]:
        """Kubernetes objects of some kinds, read with an administrator's kubectl."""
        said = self.in_environment(stack, "kubectl", "get", kinds, *selection, "-o", "json")
        items: list[dict[str, Any]] = json.loads(said)["items"]
        return items

    def left_in_the_cluster(self, stack: str) -> set[str]:
        """Return the objects beyond those that a new cluster brings with itself."""
        self.rehearsal("cloud", "start", "-s", stack)  # which waits, should it be starting anew
        return {
            f"{one['kind']} {one['metadata'].get('namespace', '')}/{one['metadata']['name']}"
            for kinds in OURS
            for one in self.objects(stack, kinds, "--all-namespaces")
            if not is_built_in(one)
        }

    def inventory(self, stack: str) -> dict[str, Any]:
        """Everything in the emulated account beyond what AWS brings with an account."""
        environment = json.loads(
            (self.home / "environments" / stack / "environment.json").read_text()
        )
        address = f"http://127.0.0.1:{environment['ports']['cloud']}/rehearsal/inventory"
        request = urllib.request.Request(address, headers=token(environment))
        with urllib.request.urlopen(request) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def apply(self, stack: str, *objects: dict[str, Any]) -> None:
        """Have Kubernetes keep objects as they are given here."""
        file = self.root / "applied.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        self.in_environment(stack, "kubectl", "apply", "-f", str(file))

    def section(self, stack: str, name: str) -> dict[str, Any]:
        """A section of the stack's file."""
        content = yaml.safe_load((self.root / f"Pulumi.{stack}.yaml").read_text())
        found: dict[str, Any] = content["config"][f"eks-ml-storage:{name}"]
        return found

    def edit_group(self, stack: str, group: str, **values: Any) -> None:
        """Merge values into a node group of the stack's file; None removes one."""
        before = self.section(stack, "nodeGroups")[group] | values
        after = {key: value for key, value in before.items() if value is not None}
        self.edit(stack, nodeGroups={group: after})

    def edit(self, stack: str, **sections: Any) -> None:
        """Merge values into sections of the stack's file."""
        file = self.root / f"Pulumi.{stack}.yaml"
        content = yaml.safe_load(file.read_text())
        for section, value in sections.items():
            key = f"eks-ml-storage:{section}"
            before = content["config"].get(key)
            content["config"][key] = before | value if isinstance(before, dict) else value
        file.write_text(yaml.safe_dump(content))


def is_built_in(one: dict[str, Any]) -> bool:
    """Return whether every new EKS cluster has it."""
    name, namespace = one["metadata"]["name"], one["metadata"].get("namespace")
    if one["kind"] == "Namespace":
        return name in BUILT_IN_NAMESPACES
    if one["kind"] == "StorageClass":
        return bool(name == "gp2")
    return namespace in BUILT_IN_NAMESPACES and name.startswith(
        ("kube-root-ca.crt", "extension-apiserver", "kube-apiserver", "bootstrap-token")
    )


def counts(said: str) -> dict[str, int]:
    """The numbers of the summary by Pulumi's words: created, updated, deleted, unchanged, ..."""
    summary = said.rpartition("Resources:")[2].partition("Duration:")[0]
    return {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", summary)}
