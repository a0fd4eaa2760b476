"""Credentials of the emulated accounts of this test process, and environments that have them."""

from pathlib import Path
from typing import Any

from rehearsal.aws.server import Handle
from rehearsal.credentials import Credentials
from rehearsal.paths import Environment, Ports

OWN = Credentials.random()
CLIENT: dict[str, Any] = {
    "aws_access_key_id": OWN.access_key,
    "aws_secret_access_key": OWN.secret_key,
}
"""Arguments of a boto3 client of the account's user."""
VARIABLES = {"AWS_ACCESS_KEY_ID": OWN.access_key, "AWS_SECRET_ACCESS_KEY": OWN.secret_key}
"""Environment variables of a process of the account's user."""


def environment_of(cloud: Handle, folder: Path) -> Environment:
    """Return an environment in a folder, of which only the account is served."""
    port = int(cloud.url.rpartition(":")[2])
    ports = dict.fromkeys(Ports.__dataclass_fields__, 1) | {"cloud": port}
    return Environment("test", folder, Ports(**ports), credentials=cloud.credentials)
