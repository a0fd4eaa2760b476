"""Backups of FSx: their files come back with the file system that is made of them."""

from __future__ import annotations

import pytest

from tests.kubernetes.controllers.account import REGION


@pytest.fixture
def fsx(account):
    return account.client("fsx")


@pytest.fixture
def system(account, contents):
    """A file system that is not linked, with a file in it."""
    made = account.lustre()["FileSystemId"]
    write(contents, made, "first")
    return made


def write(contents, system, text):
    folder = contents.mount(system, REGION)
    (folder / "run").mkdir(exist_ok=True)
    (folder / "run" / "model").write_text(text)


def restored(account, fsx, backup):
    """A file system of a backup."""
    return fsx.create_file_system_from_backup(
        BackupId=backup, SubnetIds=account.subnets[:1], SecurityGroupIds=[account.group]
    )["FileSystem"]["FileSystemId"]


def read(contents, system):
    return (contents.mount(system, REGION) / "run" / "model").read_text()


def test_a_restored_file_system_has_the_files_of_the_backup(account, contents, fsx, system):
    backup = fsx.create_backup(FileSystemId=system)["Backup"]["BackupId"]
    contents.refresh(REGION)
    write(contents, system, "later")
    again = restored(account, fsx, backup)
    assert read(contents, again) == "first"
    write(contents, again, "own")
    assert read(contents, system) == "later"
    assert read(contents, restored(account, fsx, backup)) == "first", "a backup is read only"


def test_a_backup_that_nobody_has_looked_at_yet_is_restored_too(account, contents, fsx, system):
    backup = fsx.create_backup(FileSystemId=system)["Backup"]["BackupId"]
    assert read(contents, restored(account, fsx, backup)) == "first"


def test_the_final_backup_outlives_its_file_system(account, contents, fsx, system):
    answer = fsx.delete_file_system(
        FileSystemId=system, LustreConfiguration={"SkipFinalBackup": False}
    )
    contents.refresh(REGION)
    assert system not in contents.present()
    backup = answer["LustreResponse"]["FinalBackupId"]
    assert read(contents, restored(account, fsx, backup)) == "first"


def test_the_copy_goes_with_the_backup(contents, environment, fsx, system):
    backup = fsx.create_backup(FileSystemId=system)["Backup"]["BackupId"]
    contents.refresh(REGION)
    copy = environment.file_systems / ".state" / "backups" / backup
    assert copy.is_dir()
    fsx.delete_backup(BackupId=backup)
    contents.refresh(REGION)
    assert not copy.exists()


def test_an_update_of_a_restored_file_system_does_not_hide_its_backup(
    account, contents, fsx, system
):
    backup = fsx.create_backup(FileSystemId=system)["Backup"]["BackupId"]
    again = restored(account, fsx, backup)
    fsx.update_file_system(
        FileSystemId=again, LustreConfiguration={"WeeklyMaintenanceStartTime": "1:05:00"}
    )
    assert read(contents, again) == "first"
