"""A running rehearsal and another user of the machine, who has its ports and nothing else.

The table of README.md is compared with the sockets that the processes really listen on.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal import folders
from rehearsal.clients.aws import Cloud
from rehearsal.paths import Environment, binaries
from rehearsal.processes import detached, lifecycle

pytestmark = pytest.mark.rehearsal

README = Path(__file__).parents[1] / "README.md"
NOBODY = 65534
LISTENS = "0A"
SECRET = "the-secret-of-this-rehearsal"
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """A whole environment with a bucket, a Secret and the log of a pod."""
    built, home = binaries(), tmp_path_factory.mktemp("home")
    (home / "bin").symlink_to(built)
    before = os.umask(folders.UMASK)  # as the command does
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REHEARSAL_HOME", str(home))
        environment = Environment.of("closed")
        lifecycle.start(environment, print)
        try:
            s3 = Cloud(environment).client("s3", "us-east-1")
            s3.create_bucket(Bucket="data")
            s3.put_object(Bucket="data", Key="key", Body=SECRET.encode())
            kubectl(environment, "create", "secret", "generic", "s", f"--from-literal=a={SECRET}")
            log = environment.logs / "pods" / "default" / "p" / "c.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(SECRET)
            yield environment
        finally:
            lifecycle.stop(environment)
            os.umask(before)


def kubectl(environment: Environment, *arguments: str) -> str:
    program = binaries() / "cluster", "kubectl", f"--kubeconfig={environment.kubeconfig}"
    return subprocess.check_output([*program, *arguments], text=True)


def processes(environment: Environment) -> dict[str, int]:
    """Return the id of each process of an environment, by its name."""
    locks = (environment.root / "run").glob("*.lock")
    return {lock.stem: pid for lock in locks if (pid := detached.holder(lock))}


def ports(pid: int) -> set[int]:
    """Return the TCP ports that a process listens on; they are on loopback addresses."""
    links = [
        str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()
    ]
    own = {found[1] for one in links if (found := re.fullmatch(r"socket:\[(\d+)\]", one))}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == LISTENS and inode in own:
                address, _, port = local.partition(":")
                assert address.endswith("0100007F"), f"{local} is not on loopback"
                found.add(int(port, 16))
    return found


def table() -> list[list[str]]:
    """Return the rows of README's table of listeners, without its head."""
    _, _, section = README.read_text().partition("\n## Who may use it\n")
    rows = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def ask(environment: Environment, uid: int, *files: Path) -> list[list[Any]]:
    """Return what every port answers a user, and what the files are to them."""
    task = {
        "uid": uid,
        "ports": sorted(set().union(*map(ports, processes(environment).values()))),
        "files": [str(file) for file in files],
    }
    script = Path(__file__).with_name("stranger.py")
    # Its variables have no credentials, as another user's have none.
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    command = [sys.executable, "-P", script, json.dumps(task)]
    found: list[list[Any]] = json.loads(subprocess.check_output(command, env=kept, text=True))
    return found


def test_every_listener_is_in_the_table_of_the_readme(running: Environment) -> None:
    written = Counter(row[0] for row in table())
    found = Counter({name: len(ports(pid)) for name, pid in processes(running).items()})
    assert +found == Counter({name: written[name] for name in found if written[name]})


@as_root
def test_another_user_gets_nothing_from_any_port(running: Environment) -> None:
    answers = ask(running, NOBODY)
    assert len({port for port, _, _ in answers}) >= 9
    assert [one for one in answers if one[2].startswith("200")] == []
    assert SECRET not in json.dumps(answers)
    refused = {answer for _, question, answer in answers if question.startswith("provider")}
    assert "no answer: PERMISSION_DENIED" in refused


@as_root
def test_another_user_changes_nothing(running: Environment) -> None:
    before = kubectl(running, "get", "pods,secrets", "-A", "-o", "name")
    ask(running, NOBODY)
    s3 = Cloud(running).client("s3", "us-east-1")
    assert s3.get_object(Bucket="data", Key="key")["Body"].read() == SECRET.encode()
    assert kubectl(running, "get", "pods,secrets", "-A", "-o", "name") == before


@as_root
def test_another_user_reads_no_file_of_it(running: Environment) -> None:
    home = running.root.parents[1]
    secrets = [running.root / "environment.json", running.aws_configuration, running.kubeconfig]
    variables = [Path(f"/proc/{pid}/environ") for pid in processes(running).values()]
    answers = ask(running, NOBODY, running.root, home / "environments", *secrets, *variables)
    files = [one for one in answers if one[0] == 0]
    assert len(files) >= 15
    assert {answer for _, _, answer in files} <= {
        "no answer: PermissionError",
        "no answer: FileNotFoundError",
    }


@as_root
def test_the_same_questions_are_answered_to_the_user_of_the_rehearsal(
    running: Environment,
) -> None:
    """The other tests would pass with questions that nobody is ever answered."""
    answers = ask(running, os.getuid(), running.root / "environment.json")
    told = {question for _, question, answer in answers if answer.startswith("200")}
    assert {"provider info", str(running.root / "environment.json")} <= told


def test_files_and_folders_are_for_their_owner_alone(running: Environment) -> None:
    """All but those below folders that are."""
    closed = [running.root, running.root.parent, running.pki, running.logs, running.root / "run"]
    assert [str(one) for one in closed if one.stat().st_mode & 0o077] == []
    files = [one for one in running.root.rglob("*") if one.is_file() and not one.is_symlink()]
    assert len(files) > 20
    assert [str(one) for one in files if one.stat().st_mode & 0o077] == []
