"""The content of a prefix in S3 is told by its listing, in memory that does not grow with it."""

import tracemalloc
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import boto3
import pytest
from moto import mock_aws

from components import prefix_listing
from components.prefix_listing import KeyOrder, list_prefix, read_manifest

BUCKET, PREFIX = "theirs", "images/"
RESTORED = {"IsRestoreInProgress": False, "RestoreExpiryDate": datetime(2026, 12, 1, tzinfo=UTC)}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an S3 with one empty bucket, in another Region than the client's own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        yield client


class Pages:
    """An S3 client with pages made as they are asked for, of no bucket."""

    def __init__(self, *pages: list[dict[str, Any]], made: Iterable[Any] = ()) -> None:
        self.pages, self.made = pages, made

    def head_bucket(self, **_: Any) -> dict[str, Any]:
        return {"BucketRegion": "us-west-2", "ResponseMetadata": {}}

    def get_paginator(self, _: str) -> "Pages":
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        assert asked["OptionalObjectAttributes"] == ["RestoreStatus"]
        for page in self.pages:
            yield {"Contents": page}
        yield from self.made


def entry(key: str, size: int = 1, **more: Any) -> dict[str, Any]:
    return {"Key": key, "Size": size, "ETag": '"e"', "StorageClass": "STANDARD", **more}


def test_the_digest_is_of_sorted_names_sizes_and_etags(s3: Any) -> None:
    etags = {}
    for name in ("b.png", "a/x.png", "a.png"):
        etags[name] = s3.put_object(Bucket=BUCKET, Key=PREFIX + name, Body=name.encode())["ETag"]
    s3.put_object(Bucket=BUCKET, Key="imagesother", Body=b"beside the folder")
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}a/", Body=b"")
    lines = sorted(f"{name}\t{len(name)}\t{etag.strip(chr(34))}\n" for name, etag in etags.items())
    found = list_prefix(s3, BUCKET, PREFIX, ["a"])
    assert found.digest == sha256("".join(lines).encode()).hexdigest()[:12]
    assert (found.objects, found.size, found.in_folders) == (3, 17, {"a": 1})
    assert found.region == "eu-west-1"


@pytest.mark.parametrize("change", ["content", "name", "one more", "one less"])
def test_a_change_is_another_digest(s3: Any, change: str) -> None:
    for name in ("a", "b"):
        s3.put_object(Bucket=BUCKET, Key=PREFIX + name, Body=b"1")
    before = list_prefix(s3, BUCKET, PREFIX).digest
    if change == "content":
        s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}a", Body=b"2")
    if change in {"name", "one less"}:
        s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}a")
    if change in {"name", "one more"}:
        s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}c", Body=b"1")
    assert list_prefix(s3, BUCKET, PREFIX).digest != before


def test_a_prefix_elsewhere_with_the_same_files_has_the_same_digest(s3: Any) -> None:
    for prefix in (PREFIX, "copies/of/"):
        s3.put_object(Bucket=BUCKET, Key=f"{prefix}a", Body=b"1")
    assert list_prefix(s3, BUCKET, PREFIX).digest == list_prefix(s3, BUCKET, "copies/of/").digest


def test_an_empty_prefix_has_no_digest(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=PREFIX, Body=b"")
    assert list_prefix(s3, BUCKET, PREFIX).digest == ""
    s3.put_object(Bucket=BUCKET, Key="manifest", Body=b"[]")
    assert read_manifest(s3, BUCKET, "nothing/", "manifest").digest == ""


def test_a_manifest_tells_the_content_without_a_listing(s3: Any) -> None:
    for number in range(3):
        s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}train/{number}", Body=b"1")
    s3.put_object(Bucket=BUCKET, Key="m.json", Body=b"1")
    before = read_manifest(s3, BUCKET, PREFIX, "m.json", ["train", "test"])
    assert before.in_folders == {"train": 1, "test": 0}, "one object is asked for, not all"
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}train/3", Body=b"1")
    assert read_manifest(s3, BUCKET, PREFIX, "m.json").digest == before.digest
    s3.put_object(Bucket=BUCKET, Key="m.json", Body=b"2")
    assert read_manifest(s3, BUCKET, PREFIX, "m.json").digest != before.digest


@pytest.mark.parametrize(
    ("storage", "status", "is_archived"),
    [
        ("STANDARD", None, False),
        ("GLACIER_IR", None, False),
        ("GLACIER", None, True),
        ("DEEP_ARCHIVE", {"IsRestoreInProgress": True}, True),
        ("GLACIER", RESTORED, False),
    ],
)
def test_an_archived_object_is_found_unless_it_is_restored(
    storage: str, status: dict[str, Any] | None, is_archived: bool
) -> None:
    more = {"StorageClass": storage, **({"RestoreStatus": status} if status else {})}
    found = list_prefix(Pages([entry(f"{PREFIX}a"), entry(f"{PREFIX}b", **more)]), BUCKET, PREFIX)
    assert found.archived == (f"{PREFIX}b" if is_archived else "")


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (["a/"], "ends with a slash"),
        (["a//b"], "empty part"),
        (["a/../b"], "a part . or .."),
        (["./a"], "a part . or .."),
        (["a\tb"], "control character"),
        (["a/" + "é" * 128], "more than 255 bytes"),
        (["a", "a!", "a-b/c", "a/b"], "the name of its folder"),
    ],
)
def test_a_key_that_no_file_can_have_is_found(keys: list[str], reason: str) -> None:
    found = list_prefix(Pages([entry(PREFIX + key) for key in keys]), BUCKET, PREFIX)
    assert found.no_file is not None
    assert found.no_file[0] == PREFIX + keys[-1]
    assert reason in found.no_file[1]


def test_keys_that_files_have_are_taken() -> None:
    order = KeyOrder()
    names = sorted(["..a", "a.", "a.b/c", "a/b", "a/b.c", "a/bc/d", "é" * 127, "x" * 255 + "/y"])
    assert [order.reason(name, 1) for name in names] == [""] * len(names)


def test_a_listing_ends_at_the_most_that_an_update_waits_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prefix_listing, "MAX_OBJECTS", 3)
    pages = Pages(*([entry(f"{number}")] for number in range(9)))
    found = list_prefix(pages, BUCKET, "")
    assert not found.is_complete
    assert found.objects == 4


def test_the_memory_of_a_listing_does_not_grow_with_it() -> None:
    def made(pages: int) -> Iterator[dict[str, Any]]:
        for page in range(pages):
            yield {"Contents": [entry(f"{page:06}/{number:04}.png") for number in range(1000)]}

    def most_bytes(pages: int) -> int:
        tracemalloc.start()
        found = list_prefix(Pages(made=made(pages)), BUCKET, "", ["000000"])
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (found.objects, found.in_folders) == (pages * 1000, {"000000": 1000})
        return most

    assert most_bytes(60) < 1.5 * most_bytes(3), "20 times the keys, the same memory"
