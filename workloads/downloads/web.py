"""A web server as a source."""

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

from workloads.downloads.sources import ChangedError, Content, Item
from workloads.faults import MissingInputError, RefusedError, UnavailableError


class WebSource:
    """One file of a web server."""

    def __init__(self, url: str, sha256: str | None = None) -> None:
        self.url = url
        self.sha256 = sha256
        self.name = shown(url)

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
            _seconds(modified),
            self.sha256,
        )

    @contextmanager
    def opened(self, item: Item, offset: int) -> Iterator[Content]:
        """See Source; a server that tells of no version is always read from the beginning."""
        begin = offset if item.version else 0
        with closing(self._ask({"Range": f"bytes={begin}-"} if begin else {})) as answer:
            if self._item(answer).version != item.version:
                raise ChangedError(self.name)
            checksum = ("sha256", self.sha256) if self.sha256 else None
            yield Content(
                answer, begin if answer.status == HTTPStatus.PARTIAL_CONTENT else 0, checksum
            )

    def _ask(self, headers: dict[str, str]) -> HTTPResponse:
        request = urllib.request.Request(self.url, headers=headers)
        try:
            answer: HTTPResponse = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            raise _web_error(self.name, error) from error
        except (HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            raise UnavailableError(
                f"{self.name}: the server does not answer ({reason}). See that it can be "
                "reached from here"
            ) from error
        return answer


def _seconds(date: str | None) -> int | None:
    """A date of HTTP since the epoch; none where a server says what is no date."""
    try:
        return int(parsedate_to_datetime(date).timestamp()) if date else None
    except ValueError:
        return None


def shown(url: str) -> str:
    """An address for the log: without its query, which may hold a signature that lets one read."""
    return url.partition("?")[0]


def _web_error(url: str, error: urllib.error.HTTPError) -> Exception:
    error.close()
    if error.code == 416:
        return ChangedError(url)
    if error.code in {401, 403}:
        return RefusedError(f"{url}: the server refuses ({error.code}); it must be public")
    if error.code in {404, 410}:
        return MissingInputError(f"{url}: there is no such file; check the address")
    return UnavailableError(f"{url}: the server answers {error.code}; try again later")
