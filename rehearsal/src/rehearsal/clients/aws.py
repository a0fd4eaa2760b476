"""Create boto3 clients of the emulated AWS."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.credentials import Credentials
from rehearsal.paths import ACCOUNT_ID, Environment

INTERNAL = "rehearsal-internal"
"""Mark of the calls that stand for what happens inside AWS; no fault is injected into them."""


class Cloud:
    """Access to one AWS account, in one partition.

    Args:
        environment: Environment of the account. With it, the user's profiles and proxies are
            ignored. Without it, boto3 reads the endpoint and the keys from the environment
            variables (see Environment.aws_environment), as in the rehearsal's own processes.
    """

    account_id = ACCOUNT_ID
    partition = "aws"

    def __init__(self, environment: Environment | None = None) -> None:
        self._session: Any = _apart(environment.credentials) if environment else boto3.Session()
        self._config = Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"max_attempts": 2},
            proxies={} if environment else None,
            user_agent_extra=INTERNAL,
        )
        self._url = environment.cloud_url if environment else None
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()  # boto3 sessions are not thread-safe

    def client(self, service: str, region: str) -> Any:
        """Return the boto3 client of a service in a Region; it is cached and thread-safe."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(
                    service, region_name=region, config=self._config, endpoint_url=self._url
                )
            return self._clients[service, region]

    def client_as(
        self, role_arn: str, session: str, tags: Mapping[str, str], service: str, region: str
    ) -> Any:
        """Return a new boto3 client that calls a service as a role.

        Args:
            role_arn: ARN of the role.
            session: Name of the session.
            tags: Tags of the session.
            service: Name of the service.
            region: Region that is called.
        """
        asked = [{"Key": key, "Value": value} for key, value in tags.items()]
        keys = self.client("sts", region).assume_role(
            RoleArn=role_arn, RoleSessionName=session, Tags=asked
        )["Credentials"]
        with self._lock:
            return self._session.client(
                service,
                region_name=region,
                config=self._config,
                endpoint_url=self._url,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
            )

    def arn(self, service: str, region: str, resource: str) -> str:
        """Return the ARN of a resource in this account."""
        return f"arn:{self.partition}:{service}:{region}:{self.account_id}:{resource}"


def _apart(keys: Credentials) -> boto3.Session:
    """Return a session with these keys that reads no profile and no file of the user's."""
    unread = (None, None, None, None)  # read from no option, variable or default
    nowhere = (None, None, os.devnull, None)
    session = botocore.session.Session(
        session_vars={"profile": unread, "config_file": nowhere, "credentials_file": nowhere}
    )
    return boto3.Session(keys.access_key, keys.secret_key, botocore_session=session)


def code_of(error: ClientError) -> str:
    """Return the AWS error code, such as FileSystemNotFound; empty without one."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """Return the AWS error message; empty without one."""
    return str(error.response.get("Error", {}).get("Message", ""))
