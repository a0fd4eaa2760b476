"""Data repository associations: what they import, and what they export by themselves."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from rehearsal import records
from rehearsal.file_systems import exporting, importing
from rehearsal.file_systems.importing import Object, left_out
from rehearsal.file_systems.links import Link, changed
from tests.file_systems.conftest import Lustre
from tests.kubernetes.controllers.account import REGION

ALL = ["NEW", "CHANGED", "DELETED"]


@pytest.fixture
def linked(account, contents, environment, monkeypatch):
    """Makes a file system whose /ns shows s3://data/sets/."""
    monkeypatch.setattr(exporting, "QUIET_SECONDS", 0.0)

    def make(imports=ALL, exports=ALL, batch=True) -> Lustre:
        account.bucket("data", sets__a=b"1", sets__deep__b=b"22")
        system = account.lustre()["FileSystemId"]
        account.client("fsx").create_data_repository_association(
            FileSystemId=system,
            FileSystemPath="/ns",
            DataRepositoryPath="s3://data/sets/",
            BatchImportMetaDataOnCreate=batch,
            S3={"AutoImportPolicy": {"Events": imports}, "AutoExportPolicy": {"Events": exports}},
        )
        return Lustre(contents, environment, account.client("s3"), system)

    return make


def objects(linked):
    found = linked.s3.list_objects_v2(Bucket="data").get("Contents", [])
    return {
        one["Key"]: linked.s3.get_object(Bucket="data", Key=one["Key"])["Body"].read()
        for one in found
    }


def refresh(linked):
    linked.contents.refresh(REGION)


def test_the_folder_shows_the_prefix(linked):
    folder = linked().mount()
    assert (folder / "ns" / "deep" / "b").read_bytes() == b"22"


def test_without_a_first_import_only_newer_objects_come():
    made = datetime(2026, 1, 1, tzinfo=UTC)
    link = Link.of("s3://data/sets/", "/ns", frozenset({"NEW", "CHANGED"}), since=made)
    old, new = (
        Object(key, "1", 1, made + timedelta(days=days)) for key, days in (("o", -1), ("n", 1))
    )
    known = left_out(link, {"o": old, "n": new})
    assert known == {"o": "1"}
    assert changed(known, {"o": "1", "n": "1"}, link.follows).fetch == ["n"]
    assert changed(known, {"o": "2", "n": "1"}, link.follows).fetch == ["n", "o"]


def test_new_changed_and_deleted_files_become_objects(linked):
    system = linked()
    folder = system.mount() / "ns"
    (folder / "new").write_text("n")
    (folder / "a").write_text("changed")
    (folder / "deep" / "b").unlink()
    refresh(system)
    assert objects(system) == {"sets/a": b"changed", "sets/new": b"n"}


@pytest.mark.parametrize(
    ("exports", "expected"),
    [
        ([], {"sets/a": b"1", "sets/deep/b": b"22"}),
        (["NEW"], {"sets/a": b"1", "sets/deep/b": b"22", "sets/new": b"n"}),
        (["CHANGED"], {"sets/a": b"changed", "sets/deep/b": b"22"}),
        (["DELETED"], {"sets/a": b"1"}),
    ],
)
def test_only_what_the_policy_names_is_exported(linked, exports, expected):
    system = linked(exports=exports)
    folder = system.mount() / "ns"
    (folder / "new").write_text("n")
    (folder / "a").write_text("changed")
    (folder / "deep" / "b").unlink()
    refresh(system)
    assert objects(system) == expected


def test_what_was_exported_is_not_imported_again(linked):
    system = linked()
    folder = system.mount("ns", lazy=True)
    (folder / "new").write_text("n")
    refresh(system)
    refresh(system)
    assert (folder / "new").read_text() == "n"
    assert system.state("ns/new") == 0x9
    assert len(list(records.read(system.environment, "export"))) == 1


def test_files_outside_the_folder_stay_where_they_are(linked):
    system = linked()
    (system.mount() / "elsewhere").write_text("x")
    refresh(system)
    assert set(objects(system)) == {"sets/a", "sets/deep/b"}


def test_a_file_that_is_being_written_is_exported_later(linked, monkeypatch):
    system = linked()
    file = system.mount() / "ns" / "new"
    file.write_text("half")
    monkeypatch.setattr(exporting, "QUIET_SECONDS", 60.0)
    refresh(system)
    assert "sets/new" not in objects(system)


def test_a_released_file_that_is_renamed_is_renamed_in_the_bucket(linked):
    system = linked()
    folder = system.mount("ns", lazy=True)
    (folder / "a").rename(folder / "z")
    refresh(system)
    assert objects(system) == {"sets/z": b"1", "sets/deep/b": b"22"}
    assert (folder / "z").read_bytes() == b"1"


def test_a_renamed_directory_of_released_files_is_renamed_in_the_bucket(linked):
    system = linked()
    folder = system.mount("ns", lazy=True)
    (folder / "deep").rename(folder / "deeper")
    refresh(system)
    assert objects(system) == {"sets/a": b"1", "sets/deeper/b": b"22"}


def test_a_folder_that_somebody_removed_by_hand_deletes_no_object(linked):
    system = linked()
    folder = system.mount()
    os.rename(folder, folder.with_name("aside"))  # noqa: PTH104
    refresh(system)
    refresh(system)
    assert set(objects(system)) == {"sets/a", "sets/deep/b"}


def test_a_write_during_the_upload_is_exported_next(linked, monkeypatch):
    system = linked()
    file = system.mount() / "ns" / "new"
    file.write_text("first")
    real = exporting.objects.store

    def store(s3, path, bucket, key):
        stored = real(s3, path, bucket, key)
        time.sleep(0.01)
        file.write_text("later")
        return stored

    monkeypatch.setattr(exporting.objects, "store", store)
    refresh(system)
    monkeypatch.setattr(exporting.objects, "store", real)
    assert system.state("ns/new") == 0xB
    refresh(system)
    assert objects(system)["sets/new"] == b"later"


@pytest.fixture
def meanwhile(monkeypatch):
    """Has something happen just after an import has listed the bucket."""

    def happens(what) -> None:
        def listed(s3, link, real=importing.listed):
            found = list(real(s3, link))
            monkeypatch.undo()
            what()
            return found

        monkeypatch.setattr(importing, "listed", listed)

    return happens


def test_a_file_that_is_deleted_while_names_are_imported_does_not_come_back(linked, meanwhile):
    one = linked()
    folder = one.mount(lazy=True)
    (link,) = one.contents.look(one.id, REGION)
    (folder / "ns" / "a").unlink()
    export = threading.Thread(target=exporting.export_changes, args=(one.store, one.s3, link))

    def deleted():
        export.start()
        export.join(1.0)

    one.put("sets/c", b"3")
    meanwhile(deleted)
    one.look()
    export.join()
    assert not (folder / "ns" / "a").exists()
    assert sorted(objects(one)) == ["sets/c", "sets/deep/b"]


def test_what_a_program_writes_after_an_export_is_its_own_also_if_an_import_was_under_way(
    linked, meanwhile
):
    one = linked()
    folder = one.mount()
    (link,) = one.contents.look(one.id, REGION)
    (folder / "ns" / "a").write_bytes(b"own")
    one.put("sets/c", b"3")
    meanwhile(lambda: exporting.export(one.store, one.s3, link, "ns/a"))
    one.look()
    assert (folder / "ns" / "a").read_bytes() == b"own"
    (folder / "ns" / "a").write_bytes(b"newer")
    one.look()
    assert (folder / "ns" / "a").read_bytes() == b"newer"


def association(one) -> str:
    """The id of the file system's association."""
    wanted = [{"Name": "file-system-id", "Values": [one.id]}]
    fsx = one.contents._cloud.client("fsx", REGION)
    (found,) = fsx.describe_data_repository_associations(Filters=wanted)["Associations"]
    return found["AssociationId"]


def delete(one, **options) -> None:
    fsx = one.contents._cloud.client("fsx", REGION)
    fsx.delete_data_repository_association(AssociationId=association(one), **options)


def associate(one) -> None:
    fsx = one.contents._cloud.client("fsx", REGION)
    fsx.create_data_repository_association(
        FileSystemId=one.id,
        FileSystemPath="/ns",
        DataRepositoryPath="s3://data/sets/",
        BatchImportMetaDataOnCreate=True,
        S3={"AutoImportPolicy": {"Events": ALL}, "AutoExportPolicy": {"Events": ALL}},
    )


def test_files_stay_when_their_association_is_deleted(linked):
    one = linked()
    folder = one.mount()
    delete(one)
    refresh(one)
    (folder / "ns" / "a").unlink()
    refresh(one)
    assert (folder / "ns" / "deep" / "b").read_bytes() == b"22"
    assert set(objects(one)) == {"sets/a", "sets/deep/b"}, "nothing is exported any more"


def test_an_association_made_again_imports_again_and_deletes_no_object(linked):
    one = linked()
    folder = one.mount()
    delete(one)
    refresh(one)
    (folder / "ns" / "a").unlink()
    associate(one)
    refresh(one)
    assert (folder / "ns" / "a").exists()
    assert set(objects(one)) == {"sets/a", "sets/deep/b"}


def test_files_go_with_their_association_if_that_is_asked_and_the_objects_stay(linked):
    one = linked()
    folder = one.mount()
    (folder / "other").write_text("x")
    delete(one, DeleteDataInFileSystem=True)
    refresh(one)
    assert not (folder / "ns").exists()
    assert (folder / "other").exists()
    assert set(objects(one)) == {"sets/a", "sets/deep/b"}


def test_files_of_the_next_association_are_not_taken_for_those_of_the_deleted_one(linked):
    one = linked()
    folder = one.mount()
    delete(one, DeleteDataInFileSystem=True)
    associate(one)
    refresh(one)
    (folder / "ns" / "new").write_text("n")
    refresh(one)
    assert (folder / "ns" / "new").exists()
    assert (folder / "ns" / "a").exists()
