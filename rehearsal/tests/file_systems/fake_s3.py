"""S3 in memory, as far as file systems call it: fast enough for thousands of runs."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

MADE = datetime(2026, 1, 1, tzinfo=UTC)


class FakeS3:
    """One bucket, whatever its name."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}

    def put(self, key: str, body: bytes) -> None:
        self.objects[key] = body, {}

    def etag(self, key: str) -> str:
        return f'"{hashlib.md5(self.objects[key][0]).hexdigest()}"'

    def get_paginator(self, _name: str) -> FakeS3:
        return self

    def paginate(self, Bucket: str, Prefix: str):  # noqa: N803
        found = [
            {"Key": key, "ETag": self.etag(key), "Size": len(body), "LastModified": MADE}
            for key, (body, _) in sorted(self.objects.items())
            if key.startswith(Prefix)
        ]
        return [{"Contents": found}]

    def get_object(self, Bucket: str, Key: str):  # noqa: N803
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "gone"}}, "GetObject")
        body, metadata = self.objects[Key]
        return {
            "Body": StreamingBody(io.BytesIO(body), len(body)),
            "ETag": self.etag(Key),
            "Metadata": metadata,
            "LastModified": MADE,
        }

    def put_object(self, Bucket: str, Key: str, Body, Metadata):  # noqa: N803
        self.objects[Key] = Body.read(), Metadata
        return {"ETag": self.etag(Key)}

    def delete_object(self, Bucket: str, Key: str) -> None:  # noqa: N803
        self.objects.pop(Key, None)
