"""EFS as it is mounted: a folder, or an access point's root directory."""

import os

import pytest

from tests.kubernetes.controllers.account import REGION


@pytest.fixture
def system(account):
    return account.nfs()


@pytest.fixture
def access_point(account, system):
    def make(path="/teams/a", **creation):
        root = {"Path": path} | ({"CreationInfo": creation} if creation else {})
        made = account.client("efs").create_access_point(
            ClientToken=path, FileSystemId=system, RootDirectory=root
        )
        return made["AccessPointId"]

    return make


def test_a_file_system_is_a_folder_that_outlives_its_mounts(contents, system):
    (contents.mount(system, REGION) / "kept").write_text("x")
    contents.refresh(REGION)
    assert (contents.mount(system, REGION) / "kept").read_text() == "x"


def test_a_sub_path_is_not_made_by_mounting_it(contents, system):
    assert not contents.mount(system, REGION, "/data/deep").exists()
    assert contents.mount(system, REGION, "/data/deep") == contents.folder(system) / "data/deep"


def test_an_access_point_makes_its_directory_as_it_says(contents, system, access_point):
    point = access_point(OwnerUid=1000, OwnerGid=1001, Permissions="0750")
    folder = contents.mount(system, REGION, "sub", access_point=point)
    root = folder.parent
    assert root == contents.folder(system) / "teams/a"
    assert root.stat().st_mode & 0o7777 == 0o750
    if os.geteuid() == 0:
        assert (root.stat().st_uid, root.stat().st_gid) == (1000, 1001)


def test_an_access_points_directory_that_is_there_stays_as_it_is(contents, system, access_point):
    point = access_point(OwnerUid=0, OwnerGid=0, Permissions="0750")
    contents.mount(system, REGION, access_point=point).chmod(0o700)
    root = contents.mount(system, REGION, access_point=point)
    assert root.stat().st_mode & 0o7777 == 0o700


def test_an_access_point_that_may_not_make_its_directory_is_not_mounted(
    contents, system, access_point
):
    point = access_point()
    with pytest.raises(LookupError, match=rf"/teams/a of access point {point} is not there"):
        contents.mount(system, REGION, access_point=point)


def test_an_access_point_of_another_file_system_is_not_mounted(account, contents, system):
    with pytest.raises(LookupError, match=f"{system} has no access point fsap-0123456789abcdef0"):
        contents.mount(system, REGION, access_point="fsap-0123456789abcdef0")


def test_a_file_system_without_mount_targets_is_not_mounted(account, contents):
    efs = account.client("efs")
    system = efs.create_file_system(CreationToken="alone", Encrypted=True)["FileSystemId"]
    with pytest.raises(LookupError, match=f"{system} has no mount target"):
        contents.mount(system, REGION)


def test_the_folder_goes_with_the_file_system(account, contents, system):
    folder = contents.mount(system, REGION)
    efs = account.client("efs")
    (target,) = efs.describe_mount_targets(FileSystemId=system)["MountTargets"]
    efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    efs.delete_file_system(FileSystemId=system)
    contents.refresh(REGION)
    assert not folder.exists()
