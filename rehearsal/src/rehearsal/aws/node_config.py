"""Read a launch template's user data for nodeadm, which configures Amazon Linux 2023 nodes.

User data is a MIME archive. EKS merges its own part into that of a managed node group, and nodeadm
merges every part of type application/node.eks.aws.
Source: https://awslabs.github.io/amazon-eks-ami/nodeadm/
"""

from __future__ import annotations

import email
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

CONTENT_TYPE = "application/node.eks.aws"
API_VERSIONS = ("node.eks.aws/v1alpha1", "node.eks.aws/v1beta1")
STRATEGIES = ("RAID0", "RAID10", "Mount")


class NodeConfigError(ValueError):
    """A part of the user data that nodeadm does not accept, so that the node does not start."""


def is_multipart(user_data: str) -> bool:
    """Return whether user data, in base64, is a MIME archive of parts."""
    return email.message_from_string(_text(user_data)).is_multipart()


MOUNT_PATH = "/mnt/k8s-disks"
"""Folder of the mount points if localStorage.mountPath does not name another."""


class LocalStorage(NamedTuple):
    """Use of an instance's own NVMe disks, from a NodeConfig's `spec.instance.localStorage`."""

    strategy: str = ""
    """One of STRATEGIES; empty if the disks are not used."""
    mount_path: str = MOUNT_PATH
    """Folder of the mount points."""

    def mount_points(self, disks: int) -> tuple[str, ...]:
        """Return the paths at which an instance with so many disks has file systems on them.

        An array is at 0; disks that are mounted one by one are at 1, 2 and so on.
        https://github.com/awslabs/amazon-eks-ami (setup-local-disks)
        """
        folder = self.mount_path.rstrip("/")
        if not self.strategy or not disks:
            return ()
        numbers = range(1, disks + 1) if self.strategy == "Mount" else (0,)
        return tuple(f"{folder}/{number}" for number in numbers)


NO_LOCAL_STORAGE = LocalStorage()


def local_storage(user_data: str) -> LocalStorage:
    """Return the use of the instance store disks.

    Raises:
        NodeConfigError: A part is not a NodeConfig, or names an unknown strategy.
    """
    found = LocalStorage()
    for config in _node_configs(user_data):
        storage = ((config.get("spec") or {}).get("instance") or {}).get("localStorage") or {}
        found = LocalStorage(
            storage.get("strategy") or found.strategy, storage.get("mountPath") or found.mount_path
        )
    if found.strategy and found.strategy not in STRATEGIES:
        raise NodeConfigError(
            f"spec.instance.localStorage.strategy is {found.strategy}, and not one of "
            f"{', '.join(STRATEGIES)}"
        )
    return found


def _node_configs(user_data: str) -> Iterator[dict[str, Any]]:
    for part in email.message_from_string(_text(user_data)).walk():
        if part.get_content_type() == CONTENT_TYPE:
            yield _node_config(part.get_payload(decode=True))


def _node_config(text: Any) -> dict[str, Any]:
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise NodeConfigError(f"a part is not YAML: {error}") from error
    if (
        not isinstance(config, dict)
        or config.get("kind") != "NodeConfig"
        or config.get("apiVersion") not in API_VERSIONS
    ):
        raise NodeConfigError(f"a part is not a NodeConfig of {API_VERSIONS[0]}")
    return config


def _text(user_data: str) -> str:
    try:
        return b64decode(user_data, validate=True).decode("utf-8", "replace")
    except (Base64Error, ValueError):
        return ""
