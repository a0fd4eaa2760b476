"""Any order of what buckets, programs and Lustre do, with kills at any step, against a model."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rehearsal.file_systems import exporting, releasing, restoring
from rehearsal.file_systems.importing import Importer
from rehearsal.file_systems.links import POLICIES, Link
from rehearsal.file_systems.objects import UnreadableError
from rehearsal.file_systems.store import Store
from tests.file_systems.fake_s3 import FakeS3
from tests.file_systems.faults import KilledError, killed_at

PATHS = st.sampled_from(["a", "d/b", "d/c"])
BODIES = st.binary(max_size=3).map(lambda body: body.replace(b"\0", b"x"))
KILLS = st.one_of(st.none(), st.integers(0, 12))


@dataclass(frozen=True)
class File:
    """Expected content of a path: bytes, or (key) those of an object when they are read."""

    body: bytes | None
    key: str = ""
    etag: str = ""
    """Of the object that it is like; empty when a program wrote or renamed it."""
    home: str = ""
    """Paths of renamed files that were like their objects, and would be again."""


class LinkedFolder(RuleBasedStateMachine):
    @initialize(
        policy=st.sampled_from(["NEW_CHANGED_DELETED", *POLICIES]),
        attended=st.booleans(),
        objects=st.dictionaries(PATHS, BODIES),
    )
    def begin(self, policy, attended, objects):
        self.root = Path(tempfile.mkdtemp())
        self.store = Store(self.root, "fs-1")
        self.store.create()
        if attended:
            self.store.index.hold("pod", "d")
        self.attended = attended
        export = {"export_bucket": "data", "export_prefix": "sets/"}
        self.link = Link.of("s3://data/sets/", "", POLICIES[policy], **export)
        self.s3 = FakeS3()
        for path, body in objects.items():
            self.s3.put(f"sets/{path}", body)
        self.seen: dict[str, str] | None = None
        self.files: dict[str, File] = {}
        self.names_are_imported(None)

    def teardown(self):
        shutil.rmtree(self.root)

    def killed(self, step, work):
        """Does some work to its end, after a kill at some step of a first try."""
        if step is not None:
            with suppress(KilledError, UnreadableError), killed_at(step):
                work()
            self.nothing_half_is_seen()
        return work()

    def whole(self, path):
        key = f"sets/{path}"
        return File(self.s3.objects[key][0], key, self.s3.etag(key))

    @rule(path=PATHS, body=BODIES)
    def an_object_is_put(self, path, body):
        self.s3.put(f"sets/{path}", body)

    @rule(path=PATHS)
    def an_object_is_deleted(self, path):
        self.s3.objects.pop(f"sets/{path}", None)

    @rule(step=KILLS)
    def names_are_imported(self, step):
        self.killed(step, lambda: Importer(self.store, self.s3).bring(self.link))
        first, seen, follows = self.seen is None, self.seen or {}, self.link.follows
        for key in self.s3.objects:
            changed = seen.get(key) != self.s3.etag(key)
            kind = "CHANGED" if key in seen else "NEW"
            if first or (changed and kind in follows):
                self._import(key.removeprefix("sets/"))
                seen[key] = self.s3.etag(key)
        for key in [key for key in seen if key not in self.s3.objects and "DELETED" in follows]:
            self.files.pop(key.removeprefix("sets/"), None)
            del seen[key]
        self.seen = seen

    def _import(self, path):
        new = self.whole(path)
        old = self.files.get(path)
        if old and (old.etag or old.key) and old.etag == new.etag and old.key == new.key:
            return  # its bytes are here since somebody asked for them
        comes_whole = not new.body or (self.attended and path.startswith("d/"))
        self.files[path] = new if comes_whole else File(None, new.key)

    @rule(step=KILLS)
    def everything_is_restored(self, step):
        lost = [path for path, file in self.files.items() if self._is_lost(file)]
        try:
            self.killed(step, lambda: restoring.restore_all(self.store, self.s3, ""))
            assert not lost
        except UnreadableError:
            assert lost
            for path in lost:
                (self.store.folder / path).unlink()
                del self.files[path]
            restoring.restore_all(self.store, self.s3, "")
        for path, file in self.files.items():
            if file.body is None:
                body, etag = self.s3.objects[file.key][0], self.s3.etag(file.key)
                self.files[path] = File(body, file.key, etag)

    def _is_lost(self, file):
        return file.body is None and file.key not in self.s3.objects

    @rule(path=PATHS, body=BODIES)
    def a_program_writes(self, path, body):
        file = self.store.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(body)
        self.files[path] = File(body)

    @rule(path=PATHS)
    def a_program_deletes(self, path):
        (self.store.folder / path).unlink(missing_ok=True)
        self.files.pop(path, None)

    @precondition(lambda self: self.files)
    @rule(data=st.data(), to=st.sampled_from(["a", "d/b", "moved"]))
    def a_program_renames(self, data, to):
        path = data.draw(st.sampled_from(sorted(self.files)))
        file = self.files[path]
        if to in (path, file.home):
            return
        (self.store.folder / to).parent.mkdir(exist_ok=True)
        (self.store.folder / path).rename(self.store.folder / to)
        del self.files[path]
        # Lustre knows a file by more than its path; the index knows only released ones again.
        self.files[to] = file if file.body is None else File(file.body, home=file.home or path)

    @precondition(lambda self: self.files)
    @rule(data=st.data(), step=KILLS)
    def a_file_is_released(self, data, step):
        path = data.draw(st.sampled_from(sorted(self.files)))
        file = self.files[path]
        with suppress(OSError):
            self.killed(step, lambda: releasing.release(self.store, path))
        busy = self.attended and path.startswith("d/")
        if file.etag and file.body and not busy:
            self.files[path] = File(None, file.key)

    @precondition(lambda self: self.files and self.seen is not None)
    @rule(data=st.data(), step=KILLS)
    def a_file_is_archived(self, data, step):
        path = data.draw(st.sampled_from(sorted(self.files)))
        file = self.files[path]
        self.killed(step, lambda: exporting.export(self.store, self.s3, self.link, path))
        if not file.etag and file.body is not None:
            assert self.s3.objects[f"sets/{path}"][0] == file.body
            self.files[path] = self.whole(path)
            self.seen[f"sets/{path}"] = self.s3.etag(f"sets/{path}")

    @invariant()
    def nothing_half_is_seen(self):
        for path, stat in self.store.files(""):
            entry = self.store.entry(path)
            if not (entry and entry.is_released(stat)):
                assert b"\0" not in (self.store.folder / path).read_bytes(), path

    @invariant()
    def folder_and_model_agree(self):
        found = {}
        for path, stat in self.store.files(""):
            entry = self.store.entry(path)
            released = entry is not None and entry.is_released(stat)
            found[path] = None if released else (self.store.folder / path).read_bytes()
        assert found == {path: file.body for path, file in self.files.items()}


LinkedFolder.TestCase.settings = settings(max_examples=40, stateful_step_count=20)
TestLinkedFolder = LinkedFolder.TestCase
