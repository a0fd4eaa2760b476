"""Which creation is which: idempotency tokens."""

from __future__ import annotations

import hashlib
import json
import uuid
from threading import Lock
from typing import Any


class Generations:
    """Tells a creation that is tried again from the creation of a successor.

    An engine that was killed while it created a resource knows nothing of it and creates it
    again: that has to be the same creation. An engine that replaces a resource has shown that
    it knows the old one, by a diff, a read or a delete that names its id: that is another. So
    the token comes from the URN, the inputs, and the id that was last named for that URN.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: dict[str, str] = {}

    def seen(self, urn: str, id_: str) -> None:
        """The engine knows that the URN's resource has this id."""
        with self._lock:
            self._last[urn] = id_

    def token(self, urn: str, inputs: dict[str, Any]) -> str:
        """36 characters, in the form of a UUID."""
        with self._lock:
            predecessor = self._last.get(urn, "")
        text = json.dumps([urn, inputs, predecessor], sort_keys=True, default=repr)
        return str(uuid.UUID(hashlib.sha256(text.encode()).hexdigest()[:32]))
