"""S3 Files as it is mounted: objects show as files, and files are exported once they are quiet."""

from __future__ import annotations

import os
import time

import pytest

from rehearsal.aws.s3files.models import s3files_backends
from rehearsal.file_systems import s3_files
from rehearsal.paths import ACCOUNT_ID
from tests.file_systems.conftest import Lustre
from tests.file_systems.test_reach import Network, admit, group, pair
from tests.kubernetes.controllers.account import REGION, allow


@pytest.fixture
def quiet(monkeypatch):
    """Sets the time without a write after which files are exported."""

    def set_to(seconds):
        monkeypatch.setenv(s3_files.EXPORT_VARIABLE, str(seconds))

    set_to(0)
    return set_to


@pytest.fixture
def files(account, contents, environment, quiet) -> Lustre:
    """A file system over s3://data/ml/."""
    account.bucket("data", ml__a=b"1", ml__deep__b=b"22", other=b"x")
    system = account.s3_files("data", "ml/")
    return Lustre(contents, environment, account.client("s3"), system)


def objects(files):
    found = files.s3.list_objects_v2(Bucket="data").get("Contents", [])
    return {
        one["Key"]: files.s3.get_object(Bucket="data", Key=one["Key"])["Body"].read()
        for one in found
    }


def pending(files):
    return s3files_backends[ACCOUNT_ID][REGION].file_system(files.id).pending_exports


def refresh(files):
    files.contents.refresh(REGION)


def settled(file):
    """Makes a file one that nobody has written to for a while."""
    past = time.time() - 100
    os.utime(file, (past, past))


def test_objects_of_the_prefix_show_as_files_and_no_others(files):
    folder = files.mount()
    assert (folder / "deep" / "b").read_bytes() == b"22"
    assert sorted(one.name for one in folder.iterdir()) == ["a", "deep"]


def test_changes_of_the_bucket_reach_the_files(files):
    folder = files.mount()
    files.put("ml/a", b"other")
    files.put("ml/new", b"n")
    files.s3.delete_object(Bucket="data", Key="ml/deep/b")
    refresh(files)
    assert (folder / "a").read_bytes() == b"other"
    assert (folder / "new").read_bytes() == b"n"
    assert not (folder / "deep" / "b").exists()


def test_what_is_written_is_put_into_the_bucket_and_what_is_removed_is_deleted_there(files):
    folder = files.mount()
    (folder / "made").mkdir()
    (folder / "made" / "c").write_bytes(b"333")
    (folder / "a").unlink()
    refresh(files)
    assert objects(files) == {"ml/deep/b": b"22", "ml/made/c": b"333", "other": b"x"}
    versions = files.s3.list_object_versions(Bucket="data", Prefix="ml/a")
    assert versions["DeleteMarkers"], "the bucket keeps the former version"


def test_a_file_waits_for_its_export_until_nobody_has_written_to_it_for_a_while(files, quiet):
    quiet(60)
    folder = files.mount()
    (folder / "c").write_bytes(b"333")
    refresh(files)
    assert "ml/c" not in objects(files)
    assert pending(files) == 1
    quiet(0)
    refresh(files)
    assert objects(files)["ml/c"] == b"333"
    assert pending(files) == 0


def test_a_program_that_ends_leaves_the_number_of_its_files_that_wait(files, quiet, account):
    quiet(60)
    folder = files.mount(holder="pod")
    (folder / "c").write_bytes(b"333")
    files.contents.unmount("pod")
    assert pending(files) == 1
    client = account.client("s3files")
    (target,) = client.list_mount_targets(fileSystemId=files.id)["mountTargets"]
    client.delete_mount_target(mountTargetId=target["mountTargetId"])
    with pytest.raises(client.exceptions.ConflictException, match="1 files"):
        client.delete_file_system(fileSystemId=files.id)
    quiet(0)
    refresh(files)
    client.delete_file_system(fileSystemId=files.id)
    refresh(files)
    assert files.contents.present() == []


def test_where_file_and_object_have_changed_the_bucket_wins_and_the_file_is_kept(files):
    folder = files.mount()
    (folder / "a").write_bytes(b"of the mount")
    files.put("ml/a", b"of the bucket")
    refresh(files)
    assert (folder / "a").read_bytes() == b"of the bucket"
    assert objects(files)["ml/a"] == b"of the bucket"
    (lost,) = (folder / f"{s3_files.LOST_AND_FOUND}{files.id}").iterdir()
    assert lost.read_bytes() == b"of the mount"
    assert lost.name.endswith("_a")
    refresh(files)
    assert {*objects(files)} == {"ml/a", "ml/deep/b", "other"}, "what has lost is not exported"


def test_a_role_that_has_lost_its_permissions_stops_both_ways(files, account):
    folder = files.mount()
    iam = account.client("iam")
    iam.delete_role_policy(RoleName="files", PolicyName="inline")
    (folder / "c").write_bytes(b"333")
    files.put("ml/new", b"n")
    refresh(files)
    assert "ml/c" not in objects(files)
    assert not (folder / "new").exists()


def point(account, system, **given):
    return account.client("s3files").create_access_point(fileSystemId=system, **given)[
        "accessPointId"
    ]


def test_an_access_point_has_a_directory_of_the_bucket_as_its_root(files, account):
    made = point(account, files.id, rootDirectory={"path": "/deep"})
    folder = files.mount(access_point=made)
    assert [one.name for one in folder.iterdir()] == ["b"]
    (folder / "c").write_bytes(b"333")
    refresh(files)
    assert objects(files)["ml/deep/c"] == b"333"


def test_an_access_point_makes_its_directory_as_it_says(files, account):
    creation = {"ownerUid": 1000, "ownerGid": 1001, "permissions": "0750"}
    root = {"path": "/teams/a", "creationPermissions": creation}
    folder = files.mount(access_point=point(account, files.id, rootDirectory=root))
    assert folder.stat().st_mode & 0o7777 == 0o750
    without = point(account, files.id, rootDirectory={"path": "/none"})
    with pytest.raises(LookupError, match="without creationPermissions"):
        files.mount(access_point=without)


def test_a_file_system_without_a_mount_target_is_not_mounted(files, account):
    client = account.client("s3files")
    (target,) = client.list_mount_targets(fileSystemId=files.id)["mountTargets"]
    client.delete_mount_target(mountTargetId=target["mountTargetId"])
    with pytest.raises(LookupError, match="no mount target"):
        files.mount()


def test_it_is_reached_by_the_mount_target_of_the_zone_and_an_admitted_group(
    files, account, contents
):
    network = Network(contents)
    stranger = group(account, "stranger")
    first, second = account.subnets
    said = network.obstacle(files.id, first, [stranger])
    assert said == f"no rule of {account.group} allows inbound TCP 2049 from {stranger}"
    admit(account, account.group, 2049, 2049, **pair(stranger))
    assert network.obstacle(files.id, first, [stranger]) is None
    assert "no mount target" in network.obstacle(files.id, second, [stranger])


def test_a_role_for_another_prefix_makes_no_file_system(account):
    account.bucket("data")
    with pytest.raises(AssertionError):
        account.s3_files(
            "data", "ml/", allow("s3:*", "events:*", resource="arn:aws:s3:::data/else/*")
        )


@pytest.mark.difference(
    of="Amazon S3 Files",
    what="A file is exported to the bucket 5 seconds after the last write to it, not 60.",
    direction="kinder",
    why="Nobody waits a minute for each step of a rehearsal.",
    told="docs/s3-files.md; `REHEARSAL_EXPORT_SECONDS=60` waits as AWS does.",
)
def test_an_export_comes_sooner_than_on_aws(monkeypatch):
    monkeypatch.delenv(s3_files.EXPORT_VARIABLE, raising=False)
    assert 0 < s3_files.export_delay() < 60


@pytest.mark.difference(
    of="Amazon S3 Files",
    what="The user of an access point is not the one that files are written with.",
    direction="kinder",
    why="Pods are processes of one user.",
    told=(
        "The config refuses an access point at the root for another user than 0, who could not "
        "write there."
    ),
)
def test_an_access_point_for_another_user_writes_to_the_root_here(files, account):
    made = point(account, files.id, posixUser={"uid": 1000, "gid": 1000})
    (files.mount(access_point=made) / "c").write_bytes(b"3")
    refresh(files)
    assert objects(files)["ml/c"] == b"3"


@pytest.mark.difference(
    of="Amazon S3 Files",
    what="All data below a mounted directory is fetched when it is mounted, whatever the import "
    "rules and the expiration say.",
    direction="other",
    why="Programs read plain files, and nothing here knows when.",
)
def test_the_data_of_large_files_is_there_too(files, account):
    rules = [{"prefix": "", "trigger": "ON_FILE_ACCESS", "sizeLessThan": 0}]
    account.client("s3files").put_synchronization_configuration(
        fileSystemId=files.id,
        importDataRules=rules,
        expirationDataRules=[{"daysAfterLastAccess": 1}],
    )
    files.mount()
    stat = (files.store.folder / "a").stat()
    assert files.store.entry("a").is_released(stat) is False
