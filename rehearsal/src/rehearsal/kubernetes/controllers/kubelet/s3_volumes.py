"""Volumes of the driver s3.csi.aws.com: a prefix of a bucket, mounted by Mountpoint for Amazon S3.

Refusals and their texts follow the node part of mountpoint-s3-csi-driver 2.7: volumes of one pod
need different handles, access modes are ReadWriteMany and ReadOnlyMany, and the role is that of the
driver's service account or of the pod's own.
Source: https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CONFIGURATION.md
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.clients.aws import code_of, message_of
from rehearsal.kubernetes.controllers.identity import Account, NoCredentials, PodIdentity
from rehearsal.kubernetes.controllers.kube import Key, Object
from rehearsal.kubernetes.controllers.kubelet import mountpoint_pods
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources
from rehearsal.mountpoint.bucket import Prefix
from rehearsal.mountpoint.mounts import Identity
from rehearsal.mountpoint.options import Options, OptionsError, parse

DRIVER = "s3.csi.aws.com"
DRIVER_ACCOUNT = ("kube-system", "s3-csi-driver-sa")
MODES = ("ReadWriteMany", "ReadOnlyMany")
SOURCES = ("driver", "pod")
NOT_THERE = {"NoSuchBucket": "The specified bucket does not exist"}


@dataclass(frozen=True)
class Request:
    """Parts of a volume that the driver reads."""

    pod: Object
    name: str
    """Name of the PersistentVolume."""
    spec: Object
    """Specification of the PersistentVolume."""

    @property
    def attributes(self) -> Mapping[str, str]:
        """Attributes of the volume."""
        attributes: Mapping[str, str] = self.spec["csi"].get("volumeAttributes") or {}
        return attributes

    @property
    def fs_group(self) -> str:
        """Group of the pod's volumes; empty without one."""
        return str((self.pod["spec"].get("securityContext") or {}).get("fsGroup", ""))


def folder(place: VolumeSources, pod: Object, name: str, spec: Object, subpath: str) -> Path:
    """Return the directory of a volume, or of a path in it.

    Raises:
        LookupError: The driver does not mount the volume; the text is what it says.
        MountError: The volume is not ready yet, or another one of the pod has its handle.
    """
    request = Request(pod, name, spec)
    _check_handles(place, pod, name, spec["csi"]["volumeHandle"])
    options = _options(request)
    account = _account(place, request)
    assume = _credentials(place, account, request)
    mountpoint_pods.require(place.kube, pod["spec"]["nodeName"], name, spec)
    bucket = request.attributes["bucketName"]
    identity = Identity(
        node=pod["spec"]["nodeName"],
        volume=name,
        handle=spec["csi"]["volumeHandle"],
        bucket=bucket,
        options=options,
        fs_group=request.fs_group,
        account=f"{account.namespace}/{account.name}",
    )
    assert place.s3 is not None, "the kubelet brings the mounts"
    try:
        found = place.s3.mount(identity, Prefix(bucket, options.prefix, assume), place.holder)
    except ClientError as error:
        said = NOT_THERE.get(code_of(error)) or f"{code_of(error)}: {message_of(error)}"
        raise LookupError(_not_mounted(request, f"Failed to create S3 client: {said}")) from error
    return found / subpath if subpath else found


def is_read_only(spec: Object) -> bool:
    """Return whether the mount options of a volume are for reading only."""
    options = (one.strip().removeprefix("--") for one in spec.get("mountOptions") or [])
    return spec.get("csi", {}).get("driver") == DRIVER and "read-only" in options


def _options(request: Request) -> Options:
    modes = request.spec.get("accessModes") or ["ReadWriteOnce"]
    if "bucketName" not in request.attributes:
        raise LookupError("rpc error: code = InvalidArgument desc = Bucket name not provided")
    if modes[0] not in MODES:
        raise LookupError(
            "rpc error: code = InvalidArgument desc = Volume capability not supported"
        )
    try:
        options = parse(
            request.spec.get("mountOptions") or [],
            read_only=modes[0] == "ReadOnlyMany" or request.spec["csi"].get("readOnly", False),
            fs_group=request.fs_group,
            cached="cache" in request.attributes,
        )
    except OptionsError as error:
        raise LookupError(_not_mounted(request, str(error))) from error
    if _runs_as_others(request.pod) and not options.allow_other:
        raise LookupError(
            _not_mounted(
                request,
                "the pod does not run as root, and without the mount option allow-other or an "
                "fsGroup every access ends with Permission denied",
            )
        )
    return options


def _runs_as_others(pod: Object) -> bool:
    """Return True if a container of the pod runs as another user than root."""
    of_pod = pod["spec"].get("securityContext") or {}
    of_containers = (one.get("securityContext") or {} for one in pod["spec"]["containers"])
    return any(
        {**of_pod, **one}.get("runAsUser", 0) != 0 or {**of_pod, **one}.get("runAsNonRoot", False)
        for one in of_containers
    )


def _check_handles(place: VolumeSources, pod: Object, name: str, handle: str) -> None:
    """Check that no other volume of the pod has the same handle: Kubernetes mounts one of them."""
    for volume in pod["spec"].get("volumes", []):
        claimed = volume.get("persistentVolumeClaim")
        if claimed is None:
            continue
        key = Key("PersistentVolumeClaim", pod["metadata"]["namespace"], claimed["claimName"])
        bound = ((place.kube.get(key) or {}).get("spec") or {}).get("volumeName", "")
        other = place.kube.get(Key("PersistentVolume", "", bound)) if bound else None
        csi = ((other or {}).get("spec") or {}).get("csi") or {}
        same = (csi.get("driver"), csi.get("volumeHandle")) == (DRIVER, handle)
        if same and bound < name:
            raise MountError(
                f"unmounted volumes=[{name}], unattached volumes=[], failed to process "
                f"volumes=[{name}]: context deadline exceeded: PersistentVolume {bound} has the "
                f"same volumeHandle {handle}"
            )


def _account(place: VolumeSources, request: Request) -> Account:
    source = request.attributes.get("authenticationSource") or "driver"
    if source not in SOURCES:
        raise LookupError(
            _not_mounted(
                request,
                f"unknown `authenticationSource`: {source}, only `driver` (default option if not "
                "specified) and `pod` supported",
            )
        )
    pod = request.pod
    own = (pod["metadata"]["namespace"], pod["spec"].get("serviceAccountName") or "default")
    namespace, name = own if source == "pod" else DRIVER_ACCOUNT
    return Account(namespace, name, place.region)


def _credentials(place: VolumeSources, account: Account, request: Request) -> Any:
    """Return a function that makes a client of S3 with the credentials of a service account."""
    identities = PodIdentity(place.cloud)
    try:
        identities.of(account)
    except NoCredentials as error:
        raise LookupError(
            _not_mounted(request, f"No signing credentials available: {error}")
        ) from error

    def assume() -> Any:
        role = identities.of(account)
        return place.cloud.client_as(role.role_arn, role.session, role.tags, "s3", place.region)

    return assume


def _not_mounted(request: Request, cause: str) -> str:
    bucket = request.attributes.get("bucketName", "")
    return f'rpc error: code = Internal desc = Could not mount "{bucket}": {cause}'
