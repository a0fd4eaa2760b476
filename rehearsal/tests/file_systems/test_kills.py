"""After a kill at any step nothing half done is seen, and the next to come does the rest."""

import subprocess
import sys
import textwrap
import time
from unittest import mock

import pytest

from rehearsal import records
from rehearsal.file_systems import exporting, releasing, restoring
from rehearsal.file_systems.importing import Importer
from rehearsal.file_systems.index import Index
from rehearsal.file_systems.links import POLICIES, Link
from rehearsal.file_systems.mtimes import Entry, Stamp, State
from rehearsal.file_systems.store import Store
from tests.file_systems.fake_s3 import FakeS3
from tests.file_systems.faults import KilledError, killed_at
from tests.kubernetes.controllers.account import REGION
from tests.patience import PATIENCE

WHOLE = State.EXISTS | State.ARCHIVED
RELEASED = WHOLE | State.RELEASED
STEPS = range(22)


class Folder:
    """A linked file system of two files, by name only."""

    def __init__(self, root) -> None:
        self.store = Store(root, "fs-1")
        self.store.create()
        self.s3 = FakeS3()
        self.s3.put("a", b"first")
        self.s3.put("d/b", b"other")
        follows = POLICIES["NEW_CHANGED_DELETED"]
        self.link = Link.of("s3://data", "", follows, export_bucket="data")
        self.look()

    def look(self) -> None:
        Importer(self.store, self.s3).bring(self.link)

    def restore(self) -> None:
        restoring.restore_all(self.store, self.s3, "")

    def file(self, path):
        return self.store.folder / path

    def state(self, path):
        entry = self.store.entry(path)
        return entry.state(self.file(path).lstat()) if entry else State.NONE

    def seen(self, path):
        """Return what a program may read; None when Lustre would fetch it first."""
        return None if self.state(path) & State.RELEASED else self.file(path).read_bytes()


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def killed(*_):
    raise KilledError


def through(step, work):
    """Return whether the work comes through a kill that is due at a step."""
    try:
        with killed_at(step):
            work()
    except KilledError:
        return False
    return True


def test_no_more_steps_are_taken_than_are_tried(folder):
    folder.s3.put("a", b"second")
    assert through(STEPS[-1], lambda: (folder.look(), folder.restore()))


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_restore_is_finished_by_the_next(folder, step):
    through(step, folder.restore)
    assert folder.seen("a") in (None, b"first")
    assert folder.state("a") in (RELEASED, WHOLE)  # never taken for a program's own
    folder.restore()
    assert (folder.state("a"), folder.seen("a")) == (WHOLE, b"first")
    assert (folder.state("d/b"), folder.seen("d/b")) == (WHOLE, b"other")


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_import_is_finished_by_the_next(folder, step):
    folder.restore()
    folder.s3.put("a", b"second")
    folder.s3.put("c", b"new")
    folder.s3.delete_object("data", "d/b")
    through(step, folder.look)
    assert folder.seen("a") in (None, b"first")
    folder.look()
    assert (folder.state("a"), folder.state("c")) == (RELEASED, RELEASED)
    assert not folder.file("d/b").exists()
    folder.restore()
    assert (folder.seen("a"), folder.seen("c")) == (b"second", b"new")


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_import_where_a_program_reads_shows_old_or_new(folder, step):
    folder.restore()
    folder.store.index.hold("pod", "")
    folder.s3.put("a", b"second")
    through(step, folder.look)
    assert folder.seen("a") in (b"first", b"second")
    folder.look()
    assert (folder.state("a"), folder.seen("a")) == (WHOLE, b"second")


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_release_loses_nothing(folder, step):
    folder.restore()
    through(step, lambda: releasing.release(folder.store, "a"))
    assert folder.state("a") in (WHOLE, RELEASED)
    assert folder.seen("a") in (None, b"first")
    folder.restore()
    assert folder.seen("a") == b"first"


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_export_is_done_again(folder, step):
    folder.file("own").write_bytes(b"mine")
    through(step, lambda: exporting.export(folder.store, folder.s3, folder.link, "own"))
    assert folder.file("own").read_bytes() == b"mine"
    exporting.export(folder.store, folder.s3, folder.link, "own")
    assert folder.s3.objects["own"][0] == b"mine"
    assert folder.state("own") == WHOLE
    folder.look()
    assert folder.seen("own") == b"mine"


def test_an_import_that_did_not_live_to_say_so_takes_nothing_back(folder):
    folder.s3.put("c", b"new")
    with mock.patch.object(Index, "see", killed), pytest.raises(KilledError):
        folder.look()
    folder.restore()
    inode = folder.file("c").stat().st_ino
    folder.look()
    assert folder.file("c").stat().st_ino == inode


def test_a_draft_that_never_came_to_its_place_is_mistaken_for_no_other_file(folder):
    folder.s3.put("ghost", b"ghost")
    folder.restore()
    here = Stamp.of(folder.file("a").stat())  # the number of whose inode is used again
    folder.store.index.save(Entry("ghost", "data", "ghost", '"0"', 5, hollow=here))
    folder.restore()
    assert folder.seen("a") == b"first"
    assert folder.state("a") == WHOLE


def test_a_renamed_file_gets_its_bytes_also_when_another_has_come_to_its_place(folder):
    folder.file("a").rename(folder.file("moved"))
    folder.s3.put("a", b"second")
    folder.look()
    folder.restore()
    assert (folder.seen("moved"), folder.seen("a")) == (b"second", b"second")


def test_an_object_that_changes_between_listing_and_fetch_comes_as_it_is(folder):
    folder.s3.put("a", b"longer than before")
    folder.restore()
    assert folder.seen("a") == b"longer than before"
    folder.look()
    assert folder.state("a") == WHOLE  # the listing tells nothing new


def test_what_a_program_writes_while_its_file_is_fetched_stays(folder, monkeypatch):
    real = folder.s3.get_object

    def fetched(**where):
        folder.file("a").write_bytes(b"mine")
        return real(**where)

    monkeypatch.setattr(folder.s3, "get_object", fetched)
    restoring.restore(folder.store, folder.s3, "a")
    assert folder.file("a").read_bytes() == b"mine"
    assert folder.state("a") == WHOLE | State.DIRTY


def test_bytes_that_change_on_their_way_are_refused(folder, monkeypatch):
    real = folder.s3.get_object
    changed = lambda **where: real(**where) | {"ETag": f'"{"0" * 32}"'}  # noqa: E731
    monkeypatch.setattr(folder.s3, "get_object", changed)
    with pytest.raises(LookupError, match="did not arrive as it was sent"):
        folder.restore()
    assert folder.state("a") == RELEASED


MOUNT = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from rehearsal.clients.aws import Cloud
    from rehearsal.file_systems.contents import Contents
    from rehearsal.paths import Environment
    contents = Contents(Environment.at(Path(sys.argv[1])), Cloud())
    print("ready", flush=True)
    sys.stdin.readline()
    contents.mount(sys.argv[2], sys.argv[3])
    """
)


@pytest.fixture
def mounting(lustre):
    """Begins processes that mount the file system, ready to go."""
    begun = []

    def begin():
        process = subprocess.Popen(
            [sys.executable, "-c", MOUNT, str(lustre.environment.root), lustre.id, REGION],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def go(process):
    assert process.stdout.readline() == b"ready\n"
    process.stdin.write(b"\n")
    process.stdin.flush()


BODIES = {f"sets/many/{number}": b"%d" % number * 70_000 for number in range(40)}


def test_two_processes_that_mount_at_once_fetch_each_file_once(lustre, mounting):
    for key, body in BODIES.items():
        lustre.put(key, body)
    first, second = mounting(), mounting()
    go(first)
    go(second)
    assert (first.wait(PATIENCE), second.wait(PATIENCE)) == (0, 0)
    for key, body in BODIES.items():
        assert (lustre.store.folder / key.removeprefix("sets/")).read_bytes() == body
    moved = sum(one.bytes for one in records.read(lustre.environment, "import"))
    assert moved == sum(map(len, BODIES.values())) + len(b"1,23,4n")


@pytest.mark.parametrize("delay", [0.05, 0.2])
def test_a_mount_that_is_killed_leaves_whole_files_and_released_ones(lustre, mounting, delay):
    for key, body in BODIES.items():
        lustre.put(key, body)
    process = mounting()
    go(process)
    time.sleep(delay)
    process.kill()
    process.wait()
    for path, stat in lustre.store.files("") if lustre.store.folder.exists() else ():
        entry = lustre.store.entry(path)
        if not entry.is_released(stat):
            assert (lustre.store.folder / path).read_bytes() == BODIES.get(
                f"sets/{path}",
                {"note": b"n", "digits/train": b"1,2", "digits/test": b"3,4"}.get(path),
            )
    folder = lustre.mount()
    assert (folder / "many" / "7").read_bytes() == BODIES["sets/many/7"]
