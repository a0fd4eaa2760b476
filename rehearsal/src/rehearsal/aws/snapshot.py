"""The emulated account on disk: saved after each change, loaded, and what is not saved undone."""

from __future__ import annotations

import io
import logging
import pickle
from pathlib import Path
from typing import Any, cast

from moto.core.base_backend import BaseBackend
from moto.s3.models import S3Backend, s3_backends

from rehearsal.aws import backends
from rehearsal.aws.backends import TOUCHED, BackendName
from rehearsal.aws.pickling import Unpickler
from rehearsal.aws.saving import (
    APART,
    Group,
    Row,
    Save,
    Saved,
    changing,
    group_of_row,
    row_name,
)
from rehearsal.aws.store import VERSION, Store, StoreError

log = logging.getLogger(__name__)


class Account:
    """The emulated account of this process and its file.

    The caller must ensure that no request is half done while a method runs.
    """

    def __init__(self, path: Path) -> None:
        """Open the account's file, and replace the account in memory with that of the file.

        Raises:
            StoreError: The file cannot be read.
        """
        self._store = Store(path)
        self._saved = Saved()
        self._load()

    @property
    def left_out(self) -> set[str]:
        """Services that could not be saved."""
        return self._saved.left_out

    def save(self) -> None:
        """Save what may have changed since the last save, completely or not at all.

        Raises:
            StoreError: The disk is full or fails; `undo` returns to what was saved.
        """
        Save(self._saved).write(self._store, TOUCHED)
        TOUCHED.clear()

    def save_all(self) -> None:
        """Save every backend, even those that no call has asked for since they were saved.

        Raises:
            StoreError: The disk is full or fails.
        """
        TOUCHED.update(backends.named())
        self.save()

    def undo(self) -> None:
        """Return every backend that may have changed to its saved state.

        Raises:
            StoreError: The saved state is damaged.
        """
        changed = self._with_related(set(TOUCHED))
        for name in changed:
            if name.service == "s3":
                backends.close_objects(backends.reserve(name))
        for group in [one for one in self._saved.rows if one & changed]:
            self._restore(group)
        for name in changed.difference(*self._saved.rows):
            if name.service not in self.left_out:
                backends.reserve(name).reset()
        _register_buckets()
        TOUCHED.clear()

    def close(self) -> None:
        """Close the account's file."""
        self._store.close()

    def _with_related(self, names: set[BackendName]) -> set[BackendName]:
        """Return backends with all those that they share models with or refer to."""
        found: set[BackendName] = set()
        while names - found:
            found |= names
            for group, row in self._saved.rows.items():
                if group & found:
                    names = names | group | row.refers_to
        return found

    def _load(self) -> None:
        backends.clear()
        for row in self._store.names():
            if row != VERSION and not row.startswith(APART):
                group = group_of_row(row)
                self._saved.rows[group] = Row()
                self._restore(group)
        for name, backend in backends.named().items():
            if not vars(backend):  # another backend refers to it, and it was not saved
                backend.__init__(name.region, name.account_id)  # type: ignore[misc] # as moto does
        _register_buckets()
        TOUCHED.clear()

    def _restore(self, group: Group) -> None:
        data = self._store.read(row_name(group))
        try:
            states = self._unpickle(data, self._saved.rows[group])
        except StoreError:
            raise
        except Exception as error:  # a pickle can raise anything
            if any(_is_extended(name) for name in group):
                raise self._store.unreadable(f"{row_name(group)}: {error}") from error
            log.warning("The account comes back without its %s: %s", row_name(group), error)
            return
        for name, state in states.items():
            _set_state(backends.reserve(name), state)

    def _unpickle(self, data: bytes, row: Row) -> dict[BackendName, Any]:
        found: dict[str, Any] = {}

        def find(name: str) -> Any:
            if name not in found:
                found[name] = model = pickle.loads(self._store.read(name))
                self._saved.apart[model] = name, changing(model)
            return found[name]

        states = Unpickler(io.BytesIO(data), find).load()
        row.apart = set(found)
        return cast(dict[BackendName, Any], states)


def _set_state(backend: BaseBackend, state: dict[str, Any]) -> None:
    if restore := getattr(backend, "__setstate__", None):
        restore(state)
    else:
        backend.__dict__ = state


def _is_extended(name: BackendName) -> bool:
    """Return whether the rehearsal has extended a service, so that a program depends on it."""
    return type(backends.reserve(name)).__module__.startswith("rehearsal.")


def _register_buckets() -> None:
    """Fill moto's table of the buckets' owners, which belongs to no backend."""
    s3_backends.bucket_accounts.clear()
    for account_id, _, backend in s3_backends.iter_backends():
        for name in cast(S3Backend, backend).buckets:
            s3_backends.bucket_accounts[name] = (backend.partition, account_id)
