"""A directory that shows a prefix of a bucket, and what Mountpoint makes of changes to it."""

import os
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from rehearsal.mountpoint.mirror import Mirror
from rehearsal.mountpoint.options import Options
from tests.mountpoint.fake_prefix import FakePrefix


class Mounted:
    """A mirror of a bucket in memory, with what it reported."""

    def __init__(self, root, **options):
        self.root, self.options = root, Options(**options)
        self.bucket, self.told = FakePrefix(), []
        self.mirror = self.new()

    def new(self):
        return Mirror(self.root, self.bucket, self.options, self.told.append)

    @property
    def files(self):
        return self.mirror.files

    def shown(self):
        found = (one for one in self.files.rglob("*") if one.is_file())
        return {str(one.relative_to(self.files)): one.read_text() for one in found}


@pytest.fixture
def mounted(tmp_path):
    return Mounted(tmp_path)


@pytest.fixture
def free(tmp_path):
    """A mount by which files may be overwritten and deleted."""
    return Mounted(tmp_path, allow_delete=True, allow_overwrite=True)


def test_objects_are_files_and_new_ones_appear(mounted):
    mounted.bucket.objects = {"a.txt": b"1", "deep/er/b.txt": b"2"}
    mounted.mirror.mount()
    assert mounted.shown() == {"a.txt": "1", "deep/er/b.txt": "2"}
    mounted.bucket.objects |= {"c.txt": b"3", "a.txt": b"new"}
    del mounted.bucket.objects["deep/er/b.txt"]
    mounted.mirror.look()
    assert mounted.shown() == {"a.txt": "new", "c.txt": "3"}
    assert not (mounted.files / "deep").exists(), "a directory goes with its last object"
    assert mounted.told == []


def test_keys_that_are_no_paths_are_not_shown_and_a_directory_hides_a_file(mounted):
    keys = ("blue", "blue/image", "red/", "a//b", "./c", "d/../e", "/f")
    mounted.bucket.objects = dict.fromkeys(keys, b"x")
    mounted.mirror.mount()
    assert mounted.shown() == {"blue/image": "x"}
    assert (mounted.files / "red").is_dir()


def test_a_closed_new_file_becomes_an_object_and_an_open_one_does_not(mounted):
    mounted.mirror.mount()
    (mounted.files / "new").mkdir()
    with (mounted.files / "new" / "file").open("w") as file:
        file.write("half")
        file.flush()
        mounted.mirror.store()
        assert mounted.bucket.objects == {}
    mounted.mirror.store()
    assert mounted.bucket.objects == {"new/file": b"half"}


def test_a_file_that_another_process_still_writes_is_not_stored(mounted):
    mounted.mirror.mount()
    program = "import sys; f = open(sys.argv[1], 'w'); print(1, flush=True); input()"
    command = [sys.executable, "-c", program, str(mounted.files / "file")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        mounted.mirror.store()
        assert mounted.bucket.objects == {}
        writer.communicate(b"\n")
    mounted.mirror.store()
    assert mounted.bucket.objects == {"file": b""}


def test_an_empty_directory_is_local_until_a_file_is_in_it(mounted):
    mounted.mirror.mount()
    (mounted.files / "empty").mkdir()
    mounted.mirror.store()
    mounted.mirror.look()
    assert mounted.bucket.objects == {}
    assert (mounted.files / "empty").is_dir()


@pytest.mark.difference(
    of="Mountpoint for Amazon S3",
    what="An operation that Mountpoint refuses (overwriting, deleting, renaming, linking) succeeds "
    "for the program, and is undone within a second.",
    direction="kinder",
    why="The directory is one of plain files, because a FUSE file system needs a device that many "
    "machines and containers lack.",
    told="A Warning event MountpointRefused of each pod that mounts the volume.",
)
def test_what_mountpoint_refuses_is_undone_and_told(mounted):
    mounted.bucket.objects = {"a": b"1", "b": b"2", "c": b"3"}
    mounted.mirror.mount()
    (mounted.files / "a").write_text("overwritten")
    (mounted.files / "b").unlink()
    (mounted.files / "c").rename(mounted.files / "d")
    (mounted.files / "e").symlink_to("a")
    mounted.mirror.store()
    assert mounted.shown() == {"a": "1", "b": "2", "c": "3"}
    assert mounted.bucket.objects == {"a": b"1", "b": b"2", "c": b"3"}
    told = sorted(mounted.told)
    assert [one.partition(":")[0] for one in told] == ["link e", "open a", "rename c", "unlink b"]
    assert "no --allow-overwrite" in told[1]
    assert "no --allow-delete" in told[3]


def test_what_the_flags_allow_reaches_the_bucket(free):
    free.bucket.objects = {"a": b"1", "deep/b": b"2"}
    free.mirror.mount()
    (free.files / "a").write_text("overwritten")
    (free.files / "deep" / "b").unlink()
    free.mirror.store()
    assert free.bucket.objects == {"a": b"overwritten"}
    assert not (free.files / "deep").exists(), "a directory goes with its last object"
    assert free.told == []


def test_a_rename_is_refused_whatever_the_flags_are(free):
    free.bucket.objects = {"a": b"1"}
    free.mirror.mount()
    (free.files / "a").rename(free.files / "b")
    free.mirror.store()
    assert free.bucket.objects == {"a": b"1"}
    assert free.shown() == {"a": "1"}
    assert "rename a" in free.told[0]


def test_a_hard_link_is_removed(mounted):
    mounted.bucket.objects = {"a": b"1"}
    mounted.mirror.mount()
    os.link(mounted.files / "a", mounted.files / "b")
    mounted.mirror.store()
    assert mounted.shown() == {"a": "1"}


def test_a_read_only_mount_stores_nothing(tmp_path):
    mounted = Mounted(tmp_path, read_only=True)
    mounted.bucket.objects = {"a": b"1"}
    mounted.mirror.mount()
    (mounted.files / "new").write_text("x")
    (mounted.files / "a").unlink()
    mounted.mirror.store()
    assert (
        mounted.bucket.objects
        == {"a": b"1"}
        == {key: text.encode() for key, text in mounted.shown().items()}
    )
    assert all("the mount is read-only" in one for one in mounted.told)


def test_a_role_that_may_not_list_mounts_nothing(mounted):
    mounted.bucket.denied = {"ListBucket"}
    with pytest.raises(ClientError, match="AccessDenied"):
        mounted.mirror.mount()


def test_a_role_that_may_not_put_is_told_so_and_its_file_is_gone(mounted):
    mounted.bucket.denied = {"PutObject"}
    mounted.mirror.mount()
    (mounted.files / "new").write_text("x")
    mounted.mirror.store()
    assert (mounted.bucket.objects, mounted.shown()) == ({}, {})
    assert "close new: Input/output error: AccessDenied: no PutObject" in mounted.told[0]


def test_an_object_that_the_role_may_not_read_is_told_once(mounted):
    mounted.bucket.objects = {"secret": b"x"}
    mounted.bucket.denied = {"GetObject"}
    mounted.mirror.mount()
    mounted.mirror.look()
    assert mounted.shown() == {}
    assert len(mounted.told) == 1
    assert "read secret" in mounted.told[0]


def test_a_deletion_that_the_role_may_not_make_is_undone(free):
    free.bucket.objects, free.bucket.denied = {"a": b"1"}, {"DeleteObject"}
    free.mirror.mount()
    (free.files / "a").unlink()
    free.mirror.store()
    assert free.shown() == {"a": "1"}
    assert "unlink a: Input/output error" in free.told[0]


def test_what_was_written_while_nothing_looked_is_stored_by_the_next_start(mounted):
    mounted.bucket.objects = {"a": b"1"}
    mounted.mirror.mount()
    (mounted.files / "late").write_text("x")
    again = mounted.new()
    again.mount()
    again.store()
    assert mounted.bucket.objects == {"a": b"1", "late": b"x"}
    assert mounted.told == [], "a file that was there before is no new one"


def test_a_file_that_is_being_written_is_not_replaced_by_an_object_of_its_name(mounted):
    mounted.mirror.mount()
    with (mounted.files / "same").open("w") as file:
        file.write("mine")
        mounted.bucket.objects["same"] = b"theirs"
        mounted.mirror.look()
    assert mounted.shown() == {"same": "mine"}
