"""Whole stacks on a day worse than a good one: faults of AWS, and what a person does about them."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.stacks.clone import Clone, counts

pytestmark = pytest.mark.rehearsal

BAD_DAY = """
seed: 7
faults:
- {kind: throttling, probability: 0.05}
- {kind: server-error, probability: 0.03}
- {kind: server-error, status: 500, service: eks, call: Create*, times: 2}
- {kind: slow-iam, seconds: 5}
- {kind: lost-response, service: eks, call: CreateCluster}
- {kind: lost-response, service: ec2, call: CreateVpc}
- {kind: lost-response, service: iam, call: CreateRole}
- {kind: slow-mount, seconds: 5}
"""
FAILED = "faults: [{kind: file-system, service: fsx, state: FAILED}]"


@pytest.fixture
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    found = Clone.under(tmp_path_factory.mktemp("faults"))
    yield found
    found.rehearsal("cloud", "stop", "-s", "dev")


def up(clone: Clone, *more: str, faults: str = "", ok: bool = True) -> str:
    if faults:
        file = clone.root / "faults.yaml"
        file.write_text(faults)
        more = (*more, "--faults", str(file))
    return clone.rehearsal("up", "-s", "dev", "--yes", "--skip-preview", *more, ok=ok)


def urn_of(clone: Clone, type_: str) -> str:
    exported = json.loads(clone.in_environment("dev", "pulumi", "stack", "export", "-s", "dev"))
    (found,) = [one["urn"] for one in exported["deployment"]["resources"] if one["type"] == type_]
    return str(found)


def test_a_bad_day_ends_with_a_sentence_and_one_more_update_converges(clone: Clone) -> None:
    said = up(clone, faults=BAD_DAY, ok=False)
    assert "EntityAlreadyExists" in said, "the SDK repeats a call that had taken effect"
    injected = said.partition("faults injected:")[2]
    for kind in ("throttling", "server-error", "lost-response: ec2 CreateVpc"):
        assert kind in injected, said
    assert "error: update failed" in said
    assert set(counts(up(clone))) <= {"created", "unchanged", "read"}
    up(clone, "--expect-no-changes")

    # On FSx the new file system fails, and stays so until it is replaced.
    clone.edit("dev", storage={"backend": "fsx"})
    said = up(clone, faults=FAILED, ok=False)
    assert re.search(r"FSx for Lustre .*unexpected state 'FAILED', wanted target 'AVAILABLE'", said)
    assert "file-system: fsx" in said.partition("faults injected:")[2]
    said = up(clone, ok=False)
    assert "replace it with `up --replace URN`" in said
    up(clone, "--replace", urn_of(clone, "aws:fsx/lustreFileSystem:LustreFileSystem"))
    up(clone, "--expect-no-changes")

    clone.rehearsal("destroy", "-s", "dev", "--yes", "--skip-preview")
    left = clone.inventory("dev")
    assert set(left) == {"ec2", "iam"}, "AWS keeps what nobody knows of: a VPC and a role"
    assert len(left["ec2"]["us-west-2"]["vpcs"]) == 1, left
