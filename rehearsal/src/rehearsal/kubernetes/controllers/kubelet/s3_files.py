"""Permission to mount S3 Files: the driver's pod on the node must have it.

S3 Files asks IAM at every mount: the policies of the role of the driver's service account, and the
policy of the file system. The driver mounts for reading and writing, and as user 0 where the access
point says so, or where there is none.
Sources: S3 User Guide, "Control client access to an S3 Files file system";
https://github.com/kubernetes-sigs/aws-efs-csi-driver (docs/README.md, issues 1891 and 1895).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from rehearsal.aws.policy import Decision, Document, Request, decide
from rehearsal.clients.aws import code_of
from rehearsal.kubernetes.controllers import drivers
from rehearsal.kubernetes.controllers.identity import NoCredentials, PodIdentity
from rehearsal.kubernetes.controllers.kubelet.volume_sources import VolumeSources

NODE_APP = "efs-csi-node"
KIND = "s3files"
DENIED = "mount.nfs4: access denied by server while mounting 127.0.0.1:/"


class VolumeHandle(NamedTuple):
    """Parts of a volume's handle."""

    kind: str
    """efs or s3files."""
    system: str
    """Id of the file system."""
    path: str = ""
    """Path below the root of the file system or of the access point."""
    point: str = ""
    """Id of the access point; empty without one."""


def check_mount(
    place: VolumeSources, node: str, handle: VolumeHandle, options: Sequence[str] = ()
) -> None:
    """Check that the driver on a node may mount a file system, if it is one of S3 Files.

    Args:
        place: Sources of the pod's volumes.
        node: Name of the node.
        handle: Handle of the volume.
        options: Options of the mount.

    Raises:
        LookupError: The handle names the other service, the driver does not know an option, or IAM
            denies the mount.
    """
    client, system = place.cloud.client("s3files", place.region), handle.system
    found = _described(client.get_file_system, fileSystemId=system)
    if (found is not None) != (handle.kind == KIND):
        remedy = f"write {KIND}:{system}" if found else "leave s3files: out"
        raise LookupError(f"{system} is not a file system of {handle.kind}: {remedy}")
    if found is not None:
        if "stunnel" in options:
            raise LookupError("mount option 'stunnel' is not supported for S3 Files")
        _authorise(place, node, found, handle.point)


def _authorise(place: VolumeSources, node: str, system: dict[str, Any], point: str) -> None:
    client = place.cloud.client("s3files", place.region)
    arn, context = system["fileSystemArn"], {}
    actions = ["s3files:ClientMount", "s3files:ClientWrite", "s3files:ClientRootAccess"]
    if point:
        entry = _described(client.get_access_point, accessPointId=point)
        if entry is None:
            raise LookupError(f"access point {point} does not exist")
        context = {"s3files:AccessPointArn": entry["accessPointArn"]}
        if entry.get("posixUser", {"uid": 0})["uid"] != 0:
            actions.remove("s3files:ClientRootAccess")
    policy = _described(client.get_file_system_policy, fileSystemId=system["fileSystemId"])
    own = [json.loads(policy["policy"])] if policy else []
    for action in actions:
        if why := _denial(place, node, own, Request(action, arn, context)):
            raise LookupError(f"{DENIED} ({why})")


def _denial(place: VolumeSources, node: str, own: list[Document], request: Request) -> str | None:
    """Return why a request of the driver on a node is denied; None if it is allowed."""
    accounts = [
        drivers.service_account(place.kube, pod["metadata"]["namespace"], pod["spec"])
        for pod in place.kube.find("Pod", labels=f"app={NODE_APP}")
        if pod["spec"].get("nodeName") == node
    ]
    if not accounts:
        return f"no pod of {NODE_APP} runs on {node}"
    try:
        identity = PodIdentity(place.cloud).of(accounts[0])
    except NoCredentials as error:
        return str(error)
    caller = frozenset({identity.role_arn, identity.arn})
    asked = Request(request.action, request.resource, request.context, principals=caller)
    said = {decide(identity.documents, asked), decide(own, asked)}
    if Decision.EXPLICIT_DENY in said or Decision.ALLOWED not in said:
        return f"{identity.role_arn} may not do {request.action} on {request.resource}"
    return None


def _described(call: Any, **asked: str) -> dict[str, Any] | None:
    """Return the answer of a call; None if there is nothing of that id."""
    try:
        found: dict[str, Any] = call(**asked)
    except ClientError as error:
        if code_of(error) not in {"ResourceNotFoundException", "ValidationException"}:
            raise
        return None
    return found
