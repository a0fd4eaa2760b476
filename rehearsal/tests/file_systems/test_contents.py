"""File systems as whoever mounts them finds them."""

import pytest

from rehearsal import records
from rehearsal.file_systems import exporting
from rehearsal.file_systems.objects import UnreadableError
from tests.file_systems.conftest import Lustre
from tests.kubernetes.controllers.account import REGION


def files(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


ALL = {"digits/train": b"1,2", "digits/test": b"3,4", "note": b"n"}


def test_a_mount_shows_the_objects_under_the_import_path(lustre):
    assert files(lustre.mount()) == ALL


def test_a_look_brings_names_and_sizes_and_no_bytes(lustre):
    lustre.put("sets/large", b"x" * 100_000)
    lustre.look()
    stat = (lustre.store.folder / "large").stat()
    assert (stat.st_size, stat.st_blocks) == (100_000, 0)
    head = lustre.s3.head_object(Bucket="data", Key="sets/large")
    assert stat.st_mtime == head["LastModified"].timestamp()


def test_a_mount_brings_the_bytes_of_what_it_shows_and_of_nothing_else(lustre):
    lustre.mount("digits")
    assert [lustre.state(path) for path in ("digits/train", "note")] == [0x9, 0xD]


def test_a_lazy_mount_brings_none(lustre):
    assert lustre.mount("digits", lazy=True) == lustre.store.folder / "digits"
    assert lustre.state("digits/train") == 0xD


def test_a_linked_file_system_follows_its_bucket(lustre):
    folder = lustre.mount()
    lustre.put("sets/digits/train", b"5,6,7")
    lustre.put("sets/new/train", b"7")
    lustre.s3.delete_object(Bucket="data", Key="sets/digits/test")
    lustre.contents.refresh(REGION)
    assert files(folder) == {"digits/train": b"5,6,7", "new/train": b"7", "note": b"n"}


def test_what_comes_while_a_program_may_read_comes_whole(lustre):
    lustre.mount("digits", holder="pod")
    lustre.put("sets/digits/more", b"8")
    lustre.put("sets/other", b"9")
    lustre.contents.refresh(REGION)
    assert [lustre.state(path) for path in ("digits/more", "other")] == [0x9, 0xD]


def test_after_the_program_is_over_it_comes_released_again(lustre):
    lustre.mount("digits", holder="pod")
    lustre.contents.unmount("pod")
    lustre.put("sets/digits/more", b"8")
    lustre.contents.refresh(REGION)
    assert lustre.state("digits/more") == 0xD


def test_what_a_job_wrote_is_not_overwritten_by_the_next_look(lustre):
    folder = lustre.mount()
    (folder / "digits" / "train").write_text("changed by a job")
    lustre.contents.refresh(REGION)
    assert (folder / "digits" / "train").read_text() == "changed by a job"
    assert lustre.state("digits/train") == 0xB


def test_what_a_job_put_in_the_place_of_a_released_file_is_its_own(lustre):
    folder = lustre.mount(lazy=True)
    (folder / "note").write_text("mine")
    lustre.mount()
    assert (folder / "note").read_text() == "mine"


def test_a_released_file_is_found_where_a_program_moved_it(lustre):
    folder = lustre.mount(lazy=True)
    (folder / "digits").rename(folder / "moved")
    lustre.mount("moved")
    assert files(folder / "moved") == {"train": b"1,2", "test": b"3,4"}


def test_a_released_file_stays_one_when_its_time_is_changed(lustre):
    folder = lustre.mount(lazy=True)
    (folder / "note").touch()
    lustre.mount()
    assert (folder / "note").read_bytes() == b"n"


def test_a_file_that_a_program_deleted_stays_deleted(lustre):
    folder = lustre.mount()
    (folder / "note").unlink()
    lustre.contents.refresh(REGION)
    lustre.mount()
    assert not (folder / "note").exists()


def test_an_object_whose_name_leads_out_of_the_file_system_is_not_imported(lustre):
    lustre.put("sets/../../escaped", b"x")
    folder = lustre.mount()
    assert not list(folder.parent.parent.glob("**/escaped"))


def test_a_file_and_a_directory_of_one_name_are_no_reason_to_import_nothing(lustre):
    lustre.put("sets/note/deeper", b"x")
    assert files(lustre.mount("digits")) == {"train": b"1,2", "test": b"3,4"}


def test_an_object_that_goes_before_it_is_fetched_is_named(lustre):
    lustre.mount(lazy=True)
    lustre.s3.delete_object(Bucket="data", Key="sets/note")
    lustre.contents.look = lambda *_, **__: []
    with pytest.raises(LookupError, match="note: the file is released and its object s3://data"):
        lustre.mount()


def test_a_path_with_steps_up_is_refused(lustre):
    with pytest.raises(LookupError, match=r"no '\.\.'"):
        lustre.mount("digits/../..")


def test_the_mode_and_time_that_an_object_tells_are_the_files(lustre):
    told = {"file-permissions": "0100640", "file-mtime": "1000000000000000001ns"}
    lustre.s3.put_object(Bucket="data", Key="sets/told", Body=b"x", Metadata=told)
    stat = (lustre.mount() / "told").stat()
    assert (stat.st_mode & 0o777, stat.st_mtime_ns) == (0o640, 1000000000000000001)


def test_everything_goes_with_the_file_system(lustre, account, contents):
    folder = lustre.mount()
    account.client("fsx").delete_file_system(FileSystemId=lustre.id)
    for _ in range(5):
        contents.refresh(REGION)
    assert not folder.exists()
    assert contents.present() == []
    assert not list(folder.parent.rglob(f"*{lustre.id}*"))


def test_a_file_system_that_is_not_there_is_named(contents):
    with pytest.raises(LookupError, match="fs-0123456789abcdef0 does not exist in us-west-2"):
        contents.mount("fs-0123456789abcdef0", REGION)


def test_imports_are_on_record_names_first_and_bytes_when_they_come(lustre):
    lustre.mount("digits")
    names, content = records.read(lustre.environment, "import")
    assert (names.source, names.target) == ("s3://data/sets/", f"{lustre.id}:/")
    assert (names.files, names.bytes, names.detail) == (3, 0, {"released": 3})
    assert content.target == f"{lustre.id}:/digits"
    assert (content.files, content.bytes, content.detail) == (2, 6, {"released": 0})


def test_a_mount_that_moves_nothing_leaves_no_record(lustre):
    lustre.mount()
    before = len(list(records.read(lustre.environment)))
    lustre.mount()
    assert len(list(records.read(lustre.environment))) == before


def test_mounts_end_also_while_a_file_system_is_being_made_or_removed(lustre):
    lustre.store.folder.mkdir(parents=True)
    lustre.store.state.mkdir(parents=True)
    lustre.contents.unmount("pod")
    (lustre.store.state / "index").touch()
    lustre.contents.unmount("pod")
    assert (lustre.mount() / "note").read_bytes() == b"n"


def test_an_export_to_the_path_of_the_import_writes_over_the_sources(
    account, contents, environment
):
    """FSx takes equal paths; the dataset of the bucket is then what a program made of it."""
    account.bucket("data", sets__train=b"1,2")
    path = "s3://data/sets/"
    made = account.lustre(ImportPath=path, ExportPath=path)
    lustre = Lustre(contents, environment, account.client("s3"), made["FileSystemId"])
    (lustre.mount() / "train").write_text("9")
    (link,) = contents.look(lustre.id, REGION)
    exporting.export(lustre.store, lustre.s3, link, "train")
    assert lustre.s3.get_object(Bucket="data", Key="sets/train")["Body"].read() == b"9"


def test_a_file_system_with_a_file_that_cannot_be_read_is_not_gone(lustre, monkeypatch):
    lustre.mount()

    def unreadable(*_):
        raise UnreadableError("digits/train: FSx may not use the key")

    monkeypatch.setattr(lustre.contents, "look", unreadable)
    lustre.contents.refresh(REGION)
    assert lustre.store.exists
