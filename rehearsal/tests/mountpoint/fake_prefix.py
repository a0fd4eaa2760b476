"""A prefix of a bucket in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

from botocore.exceptions import ClientError

from rehearsal.mountpoint.bucket import Prefix, Stored


class FakePrefix(Prefix):
    """Objects by their keys below the prefix; actions in `denied` are refused."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.denied: set[str] = set()

    def check(self) -> None:
        self._authorise("ListBucket")

    def list(self) -> dict[str, Stored]:
        self._authorise("ListBucket")
        return {key: self._stored(key) for key in self.objects}

    def get(self, key: str, path: Path) -> None:
        self._authorise("GetObject")
        path.write_bytes(self.objects[key])

    def put(self, key: str, path: Path) -> Stored:
        self._authorise("PutObject")
        self.objects[key] = path.read_bytes()
        return self._stored(key)

    def delete(self, key: str) -> None:
        self._authorise("DeleteObject")
        del self.objects[key]

    def _stored(self, key: str) -> Stored:
        body = self.objects[key]
        return Stored(hashlib.md5(body).hexdigest(), len(body), 1_700_000_000.0)

    def _authorise(self, action: str) -> None:
        if action in self.denied:
            error = {"Code": "AccessDenied", "Message": f"no {action}"}
            raise ClientError({"Error": error}, action)
