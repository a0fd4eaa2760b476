"""Calls to the emulated AWS on its own addresses, for what AWS's APIs have no call for."""

from __future__ import annotations

import http
import http.client
import json
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from rehearsal.paths import HOST, Environment

OBSTACLE_ADDRESS = "/rehearsal/network/obstacle"
S3_FILES_ADDRESS = "/rehearsal/s3files/file-systems"
_MARGIN_SECONDS = 10.0


@dataclass(frozen=True)
class Answer:
    """Answer to a call: the HTTP status, and the JSON document, empty if there is none."""

    status: int
    document: dict[str, Any]


def ask(
    environment: Environment, method: str, path: str, *, seconds: float = 0.0, body: Any = None
) -> Answer:
    """Call an address of the emulated AWS.

    Args:
        environment: Environment of the account.
        method: HTTP method.
        path: Path with its query.
        seconds: Time that the emulated AWS may wait before it answers.
        body: JSON document.

    Raises:
        OSError: The emulated AWS does not answer.
    """
    connection = http.client.HTTPConnection(
        HOST, environment.ports.cloud, timeout=seconds + _MARGIN_SECONDS
    )
    headers = {"Content-Type": "application/json", **environment.credentials.admin_headers}
    try:
        connection.request(method, path, json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
    except http.client.HTTPException as error:
        raise ConnectionError(f"the emulated AWS broke off: {error!r}") from error
    finally:
        connection.close()
    return Answer(response.status, json.loads(text) if text.startswith(b"{") else {})


@dataclass(frozen=True)
class Target:
    """File system that a client mounts."""

    region: str
    system_id: str
    zone: str = ""
    """Zone whose mount target the client asks for; by default its own."""


def obstacle(
    environment: Environment, target: Target, group_ids: list[str], subnet_id: str
) -> str | None:
    """Return what keeps a client in a subnet from mounting a file system; None if nothing does.

    Raises:
        OSError: The emulated AWS does not answer.
    """
    asked = {**asdict(target), "subnet_id": subnet_id, "group_ids": group_ids}
    answer = ask(environment, "GET", f"{OBSTACLE_ADDRESS}?{urlencode(asked, doseq=True)}")
    if answer.status != http.HTTPStatus.OK:
        raise ConnectionError(f"the emulated AWS answered {answer.status}")
    found: str | None = answer.document["obstacle"]
    return found


def count_pending_exports(
    environment: Environment, region: str, system_id: str, count: int
) -> None:
    """Tell the emulated AWS how many files of S3 Files are not exported yet.

    S3 Files refuses to delete a file system with such files, which are not in the emulated AWS. A
    file system that is gone has none.

    Raises:
        OSError: The emulated AWS does not answer.
    """
    body = {"region": region, "pendingExports": count}
    answer = ask(environment, "POST", f"{S3_FILES_ADDRESS}/{system_id}", body=body)
    if answer.status not in {http.HTTPStatus.OK, http.HTTPStatus.NOT_FOUND}:
        raise ConnectionError(f"the emulated AWS answered {answer.status}")
