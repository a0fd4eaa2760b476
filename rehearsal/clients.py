"""Clients of the emulated AWS."""

from __future__ import annotations

import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.places import ACCOUNT_ID


class Cloud:
    """One AWS account, in one partition.

    Args:
        url: Where it is, whatever profiles and proxies the environment names. Without it the
            environment says so (see World.aws_environment), as in a process of the world.
    """

    account_id = ACCOUNT_ID
    partition = "aws"

    def __init__(self, url: str = "") -> None:
        self._session: Any = _apart() if url else boto3.Session()
        self._config = Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"max_attempts": 2},
            proxies={} if url else None,
        )
        self._url = url or None
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()  # a session is not safe to make clients of at once

    def client(self, service: str, region: str) -> Any:
        """The boto3 client of a service in a region; made once, safe to share."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(
                    service, region_name=region, config=self._config, endpoint_url=self._url
                )
            return self._clients[service, region]

    def arn(self, service: str, region: str, resource: str) -> str:
        """The ARN of something of this account."""
        return f"arn:{self.partition}:{service}:{region}:{self.account_id}:{resource}"


def _apart() -> boto3.Session:
    """A session that reads no profile and no file of the user's."""
    unread = (None, None, None, None)  # found nowhere: by no option, variable or default
    nowhere = (None, None, os.devnull, None)
    session = botocore.session.Session(
        session_vars={"profile": unread, "config_file": nowhere, "credentials_file": nowhere}
    )
    return boto3.Session("rehearsal", "rehearsal", botocore_session=session)


def code_of(error: ClientError) -> str:
    """AWS's own code of a refusal, such as FileSystemNotFound."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """AWS's own sentence of a refusal."""
    return str(error.response.get("Error", {}).get("Message", ""))
