"""FSx imports what changes in a bucket some time after, and only what the link's policy names."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.file_systems import contents as contents_module
from rehearsal.file_systems import importing
from rehearsal.file_systems.contents import Contents, import_delay
from tests.file_systems.conftest import Lustre
from tests.injection import injected
from tests.kubernetes.controllers.account import REGION

DELAY = 3600.0
POLICIES = ["NONE", "NEW", "NEW_CHANGED", "NEW_CHANGED_DELETED"]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock of the file systems forward, in seconds."""

    def forward(seconds: float) -> None:
        now = time.time() + seconds
        for module in (importing, contents_module):
            monkeypatch.setattr(module.time, "time", lambda: now)

    return forward


@pytest.fixture
def slow(account, environment, cloud) -> Callable[..., Lustre]:
    """Makes a file system that is linked to s3://data/sets/ and imports changes after an hour."""

    def make(policy: str = "NEW_CHANGED_DELETED") -> Lustre:
        account.bucket("data", sets__kept=b"1", sets__changed=b"2", sets__gone=b"3")
        system = account.lustre(ImportPath="s3://data/sets/", AutoImportPolicy=policy)
        made = Lustre(
            Contents(environment, cloud, DELAY),
            environment,
            account.client("s3"),
            system["FileSystemId"],
        )
        made.mount()
        return made

    return make


def change(lustre: Lustre) -> None:
    lustre.put("sets/new", b"4")
    lustre.put("sets/changed", b"9")
    lustre.s3.delete_object(Bucket="data", Key="sets/gone")
    lustre.contents.refresh(REGION)


def seen(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


BEFORE = {"kept": b"1", "changed": b"2", "gone": b"3"}
AFTER = {
    "NONE": BEFORE,
    "NEW": {**BEFORE, "new": b"4"},
    "NEW_CHANGED": {**BEFORE, "new": b"4", "changed": b"9"},
    "NEW_CHANGED_DELETED": {"kept": b"1", "new": b"4", "changed": b"9"},
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.difference(
    of="File systems",
    what="FSx imports a change of the bucket after ten seconds.",
    direction="other",
    why="AWS names no time. REHEARSAL_IMPORT_SECONDS sets another.",
)
def test_a_change_is_not_there_at_once_and_comes_as_the_policy_says(slow, later, policy) -> None:
    lustre = slow(policy)
    change(lustre)
    folder = lustre.mount()
    assert seen(folder) == BEFORE, "a job that starts now reads what was"
    later(DELAY - 10)
    lustre.contents.refresh(REGION)
    assert seen(lustre.mount()) == BEFORE
    later(DELAY + 10)
    lustre.contents.refresh(REGION)
    assert seen(lustre.mount()) == AFTER[policy]


def test_after_an_upload_lfs_still_shows_the_old_file_as_present(slow) -> None:
    lustre = slow()
    lustre.put("sets/changed", b"9")
    lustre.contents.refresh(REGION)
    assert lustre.state("changed") == 0x9, "exists and archived, neither dirty nor released"


@pytest.mark.parametrize("policy", ["NONE", "NEW"])
def test_what_came_between_the_making_and_the_first_look_is_a_change(
    account, environment, cloud, later, policy
) -> None:
    account.bucket("data", sets__old=b"1")
    made = account.lustre(ImportPath="s3://data/sets/", AutoImportPolicy=policy)
    lustre = Lustre(
        Contents(environment, cloud), environment, account.client("s3"), made["FileSystemId"]
    )
    second = made["CreationTime"].timestamp() // 1
    while time.time() < second + 1:  # S3 lists times in whole seconds
        time.sleep(0.05)
    lustre.put("sets/new", b"2")
    names = set(seen(lustre.mount()))
    assert names == ({"old"} if policy == "NONE" else {"old", "new"})


def test_an_object_that_came_back_in_time_stays(slow, later) -> None:
    lustre = slow()
    lustre.s3.delete_object(Bucket="data", Key="sets/gone")
    lustre.contents.refresh(REGION)
    lustre.put("sets/gone", b"3")
    later(2 * DELAY)
    lustre.contents.refresh(REGION)
    assert seen(lustre.mount()) == BEFORE


def test_a_change_that_was_too_new_is_looked_at_again_when_it_is_due(slow, later) -> None:
    lustre = slow()
    assert not lustre.contents.has_imports_due
    change(lustre)
    assert not lustre.contents.has_imports_due
    later(DELAY + 10)
    assert lustre.contents.has_imports_due
    lustre.contents.refresh(REGION)
    assert not lustre.contents.has_imports_due


def test_the_delay_is_a_setting_of_the_rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REHEARSAL_IMPORT_SECONDS", raising=False)
    assert import_delay() > 0, "never kinder than AWS"
    monkeypatch.setenv("REHEARSAL_IMPORT_SECONDS", "90")
    assert import_delay() == 90


def test_a_fault_makes_an_import_later_while_its_command_runs(account, environment, cloud) -> None:
    account.bucket("data", sets__kept=b"1")
    system = account.lustre(ImportPath="s3://data/sets/", AutoImportPolicy="NEW")
    lustre = Lustre(
        Contents(environment, cloud), environment, account.client("s3"), system["FileSystemId"]
    )
    lustre.mount()
    lustre.put("sets/new", b"4")
    with injected(environment, "late-import", seconds=DELAY):
        lustre.contents.refresh(REGION)
        assert seen(lustre.mount()) == {"kept": b"1"}
    lustre.contents.refresh(REGION)
    assert seen(lustre.mount()) == {"kept": b"1", "new": b"4"}
