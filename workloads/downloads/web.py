"""Source that reads one file from a web server."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from workloads.downloads.sources import Content, Item, ItemChangedError
from workloads.errors import MissingInputError, RefusedError, UnavailableError


class WebSource:
    """Source of one file at an HTTP or HTTPS URL."""

    def __init__(self, url: str, sha256: str | None = None) -> None:
        self.url = url
        self.sha256 = sha256
        self.name = without_query(url)

    def items(self) -> list[Item]:
        """Return the file, described by the headers of the server's response.

        Raises:
            WorkloadError: The server denies access, does not have the file, or does not answer.
        """
        with closing(self._request({})) as response:
            return [self._item(response)]

    def _item(self, response: HTTPResponse) -> Item:
        name = PurePosixPath(unquote(urlsplit(self.url).path)).name
        modified, length = response.headers["Last-Modified"], response.headers["Content-Length"]
        return Item(
            name or "index.html",
            response.headers["ETag"] or modified or "",
            int(length) if length else None,
            _epoch_seconds(modified),
            self.sha256,
        )

    @contextmanager
    def open_item(self, item: Item, offset: int) -> Iterator[Content]:
        """Open the file; see `Source.open_item`. Without a version, the offset is always 0."""
        begin = offset if item.version else 0
        with closing(self._request({"Range": f"bytes={begin}-"} if begin else {})) as response:
            if self._item(response).version != item.version:
                raise ItemChangedError(self.name)
            checksum = ("sha256", self.sha256) if self.sha256 else None
            yield Content(
                response, begin if response.status == HTTPStatus.PARTIAL_CONTENT else 0, checksum
            )

    def _request(self, headers: dict[str, str]) -> HTTPResponse:
        request = urllib.request.Request(self.url, headers=headers)
        try:
            response: HTTPResponse = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            raise _web_error(self.name, error) from error
        except (HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            raise UnavailableError(
                f"{self.name}: the server does not answer ({reason}). Check that it can be "
                "reached from here"
            ) from error
        return response


def _epoch_seconds(date: str | None) -> int | None:
    try:
        return int(parsedate_to_datetime(date).timestamp()) if date else None
    except ValueError:
        return None


def without_query(url: str) -> str:
    """Return a URL for the log, without its query, which may contain a signature."""
    return url.partition("?")[0]


def _web_error(url: str, error: urllib.error.HTTPError) -> Exception:
    error.close()
    if error.code == 416:
        return ItemChangedError(url)
    if error.code in {401, 403}:
        return RefusedError(
            f"{url}: the server denies access ({error.code}); the file must be public"
        )
    if error.code in {404, 410}:
        return MissingInputError(f"{url}: there is no such file; check the URL")
    return UnavailableError(f"{url}: the server answers {error.code}; try again later")
