"""Where a download comes from: a bucket, a web server or a directory, which list and open items.

An item's version changes when its content does; a source that is asked to go on with an item
whose version is no longer the same raises ChangedError instead of mixing two contents.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError, FlexibleChecksumError

from workloads.faults import BadDataError, MissingInputError, RefusedError, UnavailableError
from workloads.files import existing_directory, files_below
from workloads.objects import DIGEST, Listed, Location, error_code, listing, s3_client, s3_errors


class ChangedError(Exception):
    """The item is not the version that was listed."""


class ChecksumError(BadDataError):
    """The bytes that came are not those the source promised."""


class BrokenOffError(Exception):
    """The bytes ended before the item did; what came is good."""


@dataclass(frozen=True)
class Item:
    """One file of a source."""

    name: str
    """Its path below the directory, with slashes."""
    version: str
    """Changes with its content."""
    size: int | None
    """Bytes, or None where the source does not say."""
    modified: int | None
    """Whole seconds since the epoch, or None where the source does not say."""
    sha256: str | None = None
    """Of its content, in hexadecimal digits, where that is known before it is opened."""


class Readable(Protocol):
    """A stream that can be read once."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


BREAKS = (BotoCoreError, HTTPException, OSError)
"""What reading raises when a connection ends early."""


@dataclass(frozen=True)
class Content:
    """The bytes of an item from an offset on."""

    stream: Readable
    offset: int
    """Where they begin: what was asked for, or 0 where the source cannot begin elsewhere."""
    checksum: tuple[str, str] | None = None
    """The algorithm (sha256 or md5) and the digest of the whole item, where the source says."""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end.

        Raises:
            BrokenOffError: the connection ended early.
            ChecksumError: S3's own checksum is of other bytes.
        """
        try:
            return self.stream.read(size)
        except FlexibleChecksumError as error:
            raise ChecksumError(str(error)) from error
        except BREAKS as error:
            raise BrokenOffError(str(error)) from error


class Source(Protocol):
    """What a download can come from."""

    def items(self) -> list[Item]:
        """Everything there is, by name; empty where there is nothing yet."""

    def opened(self, item: Item, offset: int) -> AbstractContextManager[Content]:
        """The item's bytes from an offset on.

        Raises:
            ChangedError: the item is no longer the version that was listed.
        """


def parse(text: str, *, workers: int, sha256: str | None = None) -> Source:
    """The source that a command line names.

    Args:
        text: `s3://BUCKET/PREFIX/`, `s3://BUCKET/KEY`, a URL of http or https, or a directory.
        workers: how many items are opened at once.
        sha256: of a URL's file, where the user knows it.
    """
    scheme = urlsplit(text).scheme
    if scheme == "s3":
        return S3Source(s3_client(workers), Location.parse(text))
    if scheme in {"http", "https"}:
        return WebSource(text, sha256)
    return DirectorySource(Path(text))


class S3Source:
    """The objects of a prefix, or one object that is named by its whole key."""

    def __init__(self, client: Any, location: Location) -> None:
        self.client = client
        self.location = location

    def items(self) -> list[Item]:
        """The objects, by key; a key in which `..` leaves the directory is refused.

        Raises:
            BadDataError: such a key.
            WorkloadError: S3 refuses or does not answer.
        """
        found = list(listing(self.client, self.location))
        whole = [entry for entry in found if entry.key == self.location.prefix]
        if whole:
            return [self._item(PurePosixPath(entry.key).name, entry) for entry in whole]
        folder = self.location.folder().prefix
        inside = [entry for entry in found if entry.key.startswith(folder)]
        return [self._item(entry.key.removeprefix(folder), entry) for entry in inside]

    def _item(self, name: str, entry: Listed) -> Item:
        parts = name.split("/")
        if any(part in {"", ".", ".."} for part in parts):
            raise BadDataError(
                f"{self.location}: the key {entry.key} is no path of a file; rename the object"
            )
        return Item(name, entry.etag, entry.size, int(entry.modified.timestamp()))

    def _key(self, item: Item) -> str:
        whole = PurePosixPath(self.location.prefix).name == item.name
        if whole and not self.location.prefix.endswith("/"):
            return self.location.prefix
        return self.location.key(item.name)

    @contextmanager
    def opened(self, item: Item, offset: int) -> Iterator[Content]:
        """See Source."""
        answer = self._get(self._key(item), item.version, offset)
        with closing(answer["Body"]) as body:
            yield Content(body, offset, _s3_checksum(answer))

    def _get(self, key: str, etag: str, offset: int) -> dict[str, Any]:
        begin = {"Range": f"bytes={offset}-"} if offset else {}
        with s3_errors(Location(self.location.bucket, key)):
            try:
                answer: dict[str, Any] = self.client.get_object(
                    Bucket=self.location.bucket, Key=key, IfMatch=f'"{etag}"', **begin
                )
            except ClientError as error:
                if error_code(error) in {"PreconditionFailed", "412", "NoSuchKey", "InvalidRange"}:
                    raise ChangedError(key) from error
                raise
        return answer


def _s3_checksum(answer: dict[str, Any]) -> tuple[str, str] | None:
    """What S3 says of the object's digest.

    An ETag is the MD5 of the content unless the object came in parts or is encrypted with a KMS
    key: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    if digest := answer.get("Metadata", {}).get(DIGEST):
        return ("sha256", str(digest))
    etag = str(answer["ETag"]).strip('"')
    encrypted = str(answer.get("ServerSideEncryption", "AES256"))
    if len(etag) == 32 and encrypted == "AES256" and "SSECustomerAlgorithm" not in answer:
        return ("md5", etag)
    return None


class WebSource:
    """One file of a web server."""

    def __init__(self, url: str, sha256: str | None = None) -> None:
        self.url = url
        self.sha256 = sha256

    def items(self) -> list[Item]:
        """The file, as the server's headers tell of it."""
        with closing(self._ask({})) as answer:
            return [self._item(answer)]

    def _item(self, answer: HTTPResponse) -> Item:
        name = PurePosixPath(unquote(urlsplit(self.url).path)).name
        modified, length = answer.headers["Last-Modified"], answer.headers["Content-Length"]
        return Item(
            name or "index.html",
            answer.headers["ETag"] or modified or "",
            int(length) if length else None,
            int(parsedate_to_datetime(modified).timestamp()) if modified else None,
            self.sha256,
        )

    @contextmanager
    def opened(self, item: Item, offset: int) -> Iterator[Content]:
        """See Source; a server that tells of no version is always read from the beginning."""
        begin = offset if item.version else 0
        with closing(self._ask({"Range": f"bytes={begin}-"} if begin else {})) as answer:
            if self._item(answer).version != item.version:
                raise ChangedError(self.url)
            checksum = ("sha256", self.sha256) if self.sha256 else None
            yield Content(
                answer, begin if answer.status == HTTPStatus.PARTIAL_CONTENT else 0, checksum
            )

    def _ask(self, headers: dict[str, str]) -> HTTPResponse:
        request = urllib.request.Request(self.url, headers=headers)
        try:
            answer: HTTPResponse = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            raise _web_error(self.url, error) from error
        except (HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            raise UnavailableError(f"{self.url}: the server does not answer ({reason})") from error
        return answer


def _web_error(url: str, error: urllib.error.HTTPError) -> Exception:
    error.close()
    if error.code == 416:
        return ChangedError(url)
    if error.code in {401, 403}:
        return RefusedError(f"{url}: the server refuses ({error.code}); it must be public")
    if error.code in {404, 410}:
        return MissingInputError(f"{url}: there is no such file; check the address")
    return UnavailableError(f"{url}: the server answers {error.code}")


class DirectorySource:
    """The files of a directory that is mounted here."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def items(self) -> list[Item]:
        """The finished files, by name.

        Raises:
            MissingInputError: the directory is not there.
        """
        existing_directory(self.directory)
        try:
            return [self._item(path) for path in files_below(self.directory)]
        except MissingInputError:
            return []

    def _item(self, path: Path) -> Item:
        facts = path.stat()
        return Item(
            path.relative_to(self.directory).as_posix(),
            f"{facts.st_size} {facts.st_mtime_ns}",
            facts.st_size,
            int(facts.st_mtime),
        )

    @contextmanager
    def opened(self, item: Item, offset: int) -> Iterator[Content]:
        """See Source."""
        path = self.directory / item.name
        if not path.is_file() or self._item(path).version != item.version:
            raise ChangedError(str(path))
        with path.open("rb") as stream:
            stream.seek(offset)
            yield Content(stream, offset)
