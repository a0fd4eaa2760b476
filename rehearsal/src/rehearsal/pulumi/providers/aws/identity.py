"""Identity of creations: idempotency tokens, and creations that the engine does not know of."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

_TABLES = """
    CREATE TABLE IF NOT EXISTS last (urn TEXT PRIMARY KEY, id TEXT);
    CREATE TABLE IF NOT EXISTS unclaimed (urn TEXT PRIMARY KEY, token TEXT, id TEXT, inputs TEXT);
    CREATE TABLE IF NOT EXISTS failures (urn TEXT PRIMARY KEY, number INTEGER);
"""


@dataclass(frozen=True)
class Creation:
    """A creation that the engine may not know of; without an id it was interrupted."""

    token: str
    id: str
    inputs: Mapping[str, Any]


class Creations:
    """Record that tells a retried creation from the creation of a successor.

    An engine that was killed while it created a resource knows nothing of it and creates it
    again: that has to be the same creation. An engine that replaces a resource has shown that
    it knows the old one, by a diff, a read or a delete that names its id: that is another
    creation. Therefore the token comes from the URN, the inputs, and the id that was last named
    for that URN. It also comes from the number of failures that the engine was told of, because
    pulumi-aws has a new token for each attempt.

    Most of EC2 and IAM takes no token. For them the record has what was made until the engine
    shows that it knows. It is kept in a file, because the server may be killed too.
    """

    def __init__(self, file: Path | str = ":memory:", *, recognised: bool = True) -> None:
        """Open the record.

        Args:
            file: SQLite file of the record; by default it ends with the process.
            recognised: False if every creation is a new one, as for the real provider.
        """
        self._recognised = recognised
        self._lock = Lock()
        if file != ":memory:":
            Path(file).touch(mode=0o600)  # inputs may be secrets
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA synchronous = OFF")  # safe when a process is killed
        self._database.executescript(_TABLES)

    def seen(self, urn: str, id_: str) -> None:
        """Record that the engine knows this id of the URN's resource."""
        if self._one("SELECT id FROM last WHERE urn = ?", urn) != (id_,):
            self._change("INSERT OR REPLACE INTO last VALUES (?, ?)", urn, id_)
        self.forget(urn)

    def token(self, urn: str, inputs: Mapping[str, Any]) -> str:
        """Return the idempotency token of a creation: 36 characters, in the form of a UUID."""
        if not self._recognised:
            return str(uuid.uuid4())
        predecessor = self._one("SELECT id FROM last WHERE urn = ?", urn) or ("",)
        failures = self._one("SELECT number FROM failures WHERE urn = ?", urn) or (0,)
        known = [*predecessor, *failures]
        text = json.dumps([urn, inputs, *known], sort_keys=True, default=repr)
        return str(uuid.UUID(hashlib.sha256(text.encode()).hexdigest()[:32]))

    def begin(self, urn: str, token: str) -> Creation | None:
        """Record that AWS is about to be asked; return the same creation's earlier attempt."""
        earlier = self._unclaimed(urn)
        if earlier and earlier.token == token:
            return earlier
        self._record(urn, Creation(token, "", {}))
        return None

    def failed(self, urn: str) -> None:
        """Record that the engine is told that a creation failed: its next attempt is another."""
        self._change(
            "INSERT INTO failures VALUES (?, 1) "
            "ON CONFLICT (urn) DO UPDATE SET number = number + 1",
            urn,
        )

    def made(self, urn: str, token: str, id_: str, inputs: Mapping[str, Any]) -> None:
        """Record that AWS has created the resource; the engine may or may not learn of it."""
        self._record(urn, Creation(token, id_, inputs))

    def forget(self, urn: str) -> None:
        """Record that nothing is unknown to the engine: it knows the resource, or there is none."""
        if self._unclaimed(urn):
            self._change("DELETE FROM unclaimed WHERE urn = ?", urn)

    def inputs(self, urn: str) -> Mapping[str, Any]:
        """Return the inputs of the URN's creation that the engine does not know of; empty if none.

        A name generated for it is used again, because only then is the second attempt the same.
        """
        creation = self._unclaimed(urn) if self._recognised else None
        return creation.inputs if creation else {}

    def _unclaimed(self, urn: str) -> Creation | None:
        found = self._one("SELECT token, id, inputs FROM unclaimed WHERE urn = ?", urn)
        return Creation(found[0], found[1], json.loads(found[2])) if found else None

    def _record(self, urn: str, creation: Creation) -> None:
        inputs = json.dumps(dict(creation.inputs), default=repr)
        row = (urn, creation.token, creation.id, inputs)
        self._change("INSERT OR REPLACE INTO unclaimed VALUES (?, ?, ?, ?)", *row)

    def _one(self, statement: str, *values: str) -> Any:
        with self._lock, closing(self._database.execute(statement, values)) as found:
            return found.fetchone()

    def _change(self, statement: str, *values: str) -> None:
        with self._lock:
            self._database.execute(statement, values).close()
