"""Identity of creations: idempotency tokens, and creations that the engine does not know of."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any


@dataclass(frozen=True)
class _Creation:
    token: str
    id: str
    inputs: Mapping[str, Any]


class Creations:
    """Record that tells a retried creation from the creation of a successor.

    An engine that was killed while it created a resource knows nothing of it and creates it
    again: that has to be the same creation. An engine that replaces a resource has shown that
    it knows the old one, by a diff, a read or a delete that names its id: that is another
    creation. Therefore the token comes from the URN, the inputs, and the id that was last named
    for that URN.

    Most of EC2 and IAM takes no token. For them the server, which outlives the engine,
    remembers what it made until the engine shows that it knows.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: dict[str, str] = {}
        self._unclaimed: dict[str, _Creation] = {}

    def seen(self, urn: str, id_: str) -> None:
        """Record that the engine knows this id of the URN's resource."""
        with self._lock:
            self._last[urn] = id_
            self._unclaimed.pop(urn, None)

    def token(self, urn: str, inputs: Mapping[str, Any]) -> str:
        """Return the idempotency token of a creation: 36 characters, in the form of a UUID."""
        with self._lock:
            predecessor = self._last.get(urn, "")
        text = json.dumps([urn, inputs, predecessor], sort_keys=True, default=repr)
        return str(uuid.UUID(hashlib.sha256(text.encode()).hexdigest()[:32]))

    def made(self, urn: str, token: str, id_: str, inputs: Mapping[str, Any]) -> None:
        """Record that AWS has created the resource; the engine may or may not learn of it."""
        with self._lock:
            self._unclaimed[urn] = _Creation(token, id_, inputs)

    def unclaimed(self, urn: str, token: str) -> str | None:
        """Return the id that the same creation made before, unless the engine knows of it."""
        with self._lock:
            creation = self._unclaimed.get(urn)
        return creation.id if creation and creation.token == token else None

    def inputs(self, urn: str) -> Mapping[str, Any]:
        """Return the inputs of the URN's creation that the engine does not know of; empty if none.

        A name generated for it is used again, because only then is the second attempt the same.
        """
        with self._lock:
            creation = self._unclaimed.get(urn)
        return creation.inputs if creation else {}
