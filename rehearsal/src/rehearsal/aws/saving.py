"""Save the backends that may have changed, as rows of the account's file.

A row is one backend, or several that share models, such as Auto Scaling and EC2, so that these
references survive. An object of a bucket is a row of its own, because it can be large, and so is a
training job, because there can be hundreds. These rows are written only when the model has changed.
"""

from __future__ import annotations

import io
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from moto.s3.models import FakeKey

from rehearsal.aws import backends
from rehearsal.aws.backends import BackendName
from rehearsal.aws.pickling import Pickler
from rehearsal.aws.store import Store
from rehearsal.aws.training_jobs import TrainingJob

log = logging.getLogger(__name__)

APART = "apart "
"""Prefix of the names of rows with a model that is pickled apart."""
Group = frozenset[BackendName]


@dataclass
class Row:
    """Facts about the row of a group of backends."""

    digest: int = 0
    refers_to: set[BackendName] = field(default_factory=set)
    apart: set[str] = field(default_factory=set)


@dataclass
class Saved:
    """Facts about the rows of an account's file.

    Attributes:
        rows: Rows of backends.
        apart: Row of each model that is pickled apart: its name, and a copy of what changes in it.
        left_out: Services that could not be pickled.
    """

    rows: dict[Group, Row] = field(default_factory=dict)
    apart: WeakKeyDictionary[Any, tuple[str, Any]] = field(default_factory=WeakKeyDictionary)
    left_out: set[str] = field(default_factory=set)


class Save:
    """One save; its facts hold once it is written."""

    def __init__(self, saved: Saved) -> None:
        self.data: dict[str, bytes | memoryview | None] = {}
        """Rows to replace by their name; None removes one."""
        self._saved = saved
        self._backends = backends.named()
        self._names = {id(backend): name for name, backend in self._backends.items()}
        self._rows: dict[Group, Row] = {}
        self._apart: dict[Any, tuple[str, Any]] = {}

    def write(self, store: Store, touched: set[BackendName]) -> None:
        """Write backends, and those that they refer to.

        Raises:
            StoreError: The disk is full or fails; the file is as it was.
        """
        waiting = [*touched]
        done: set[BackendName] = set()
        while waiting:
            name = waiting.pop()
            if name not in done and name in self._backends:
                group = self._group_of(name)
                self._pickle(group)
                done |= group
                waiting += self._rows.get(self._group_of(name), Row()).refers_to
        self._remove_cleared()
        if self.data:
            store.write(self.data)
        self._remember()

    def _group_of(self, name: BackendName) -> Group:
        known = (*self._rows, *self._saved.rows)
        return next((group for group in known if name in group), frozenset([name]))

    def _pickle(self, group: Group, *, alone: bool = False) -> None:
        """Pickle a group, together with any others that it shares models with."""
        file, row = io.BytesIO(), Row()
        name_apart = dict.fromkeys(_CHANGING, lambda model: self._name_apart(model, row))
        pickler = Pickler(file, self._names, name_apart)
        try:
            pickler.dump({name: self._backends[name].__getstate__() for name in sorted(group)})
        except Exception as error:  # a model can raise anything
            self._pickle_each(group, error)
            return
        shared = frozenset() if alone else self._sharing(group, pickler.services)
        if shared:
            self._pickle(group | shared)
        else:
            data = file.getvalue()
            row.refers_to, row.digest = pickler.refers_to - group, hash(data)
            self._add(group, row, data)

    def _pickle_each(self, group: Group, error: Exception) -> None:
        """Pickle the backends of a group that cannot be pickled, except for the one at fault."""
        if len(group) > 1:
            for name in group:
                self._pickle(frozenset([name]), alone=True)
            return
        (name,) = group
        if name.service not in self._saved.left_out:
            self._saved.left_out.add(name.service)
            log.warning("The account is saved without its %s: %s", name.service, error)

    def _sharing(self, group: Group, services: set[str]) -> Group:
        others = services - {name.service for name in group}
        found = [self._group_of(name) for name in self._backends if name.service in others]
        return frozenset[BackendName]().union(*found)

    def _add(self, group: Group, row: Row, data: bytes) -> None:
        for other in [one for one in (*self._saved.rows, *self._rows) if one & group]:
            if other != group:
                self.data[row_name(other)] = None
                self._rows.pop(other, None)
        before = self._saved.rows.get(group)
        self._rows[group] = row
        if before is None or before.digest != row.digest:
            self.data[row_name(group)] = data
        if before:
            self.data |= dict.fromkeys(before.apart - row.apart)

    def _name_apart(self, model: Any, row: Row) -> str:
        """Return the name of the row of a model, a new one if it has changed since it was saved."""
        state = changing(model)
        name, before = self._apart.get(model) or self._saved.apart.get(model) or ("", None)
        if state != before:
            name, file = APART + uuid.uuid4().hex, io.BytesIO()
            Pickler(file, self._names, {}).dump(model)
            self._apart[model] = name, state
            self.data[name] = file.getbuffer()
        row.apart.add(name)
        return name

    def _remove_cleared(self) -> None:
        for group, row in self._saved.rows.items():
            if not group & self._backends.keys():
                self.data |= dict.fromkeys([row_name(group), *row.apart])

    def _remember(self) -> None:
        for group in [*self._saved.rows]:
            if self.data.get(row_name(group), b"") is None:
                del self._saved.rows[group]
        self._saved.rows.update(self._rows)
        self._saved.apart.update(self._apart)


def row_name(group: Group) -> str:
    """Return the name of the row of a group."""
    return "+".join(sorted(" ".join(name) for name in group))


def group_of_row(row: str) -> Group:
    """Return the group of a row."""
    return frozenset(BackendName(*name.split(" ")) for name in row.split("+"))


def changing(model: Any) -> Any:
    """Return a copy of what changes in a model that is pickled apart."""
    return _CHANGING[type(model)](model)


def _of_object(key: FakeKey) -> Any:
    return vars(key) | {"_metadata": dict(key._metadata)}  # the others are replaced, not changed


def _of_job(job: TrainingJob) -> Any:
    return job.last_change, job.attended, [dict(tag) for tag in job.tags]


_CHANGING: dict[type, Callable[[Any], Any]] = {FakeKey: _of_object, TrainingJob: _of_job}
