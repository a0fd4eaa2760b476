"""Directories of claims: file systems, mounted by their drivers as on a node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import ClientError

from rehearsal.clients.aws import message_of
from rehearsal.kubernetes.controllers.kube import Key, Object
from rehearsal.kubernetes.controllers.kubelet import node_disks, s3_files, s3_volumes
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources

OF_THE_HELPER = {"accesspoint", "az", "awsprofile", "iam", "tls"}
"""Options that the mount helper of EFS knows, and mount(8) does not."""


def folder(place: VolumeSources, pod: Object, claim: str, subpath: str) -> Path:
    """Return the directory of a claim's volume, or of a path in it.

    Raises:
        MountError: The claim is missing or not bound, or its volume cannot be mounted.
    """
    found = place.kube.get(Key("PersistentVolumeClaim", pod["metadata"]["namespace"], claim))
    if found is None:
        raise MountError(f'persistentvolumeclaim "{claim}" not found')
    name = found["spec"].get("volumeName")
    volume = place.kube.get(Key("PersistentVolume", "", name)) if name else None
    if volume is None or found.get("status", {}).get("phase") != "Bound":
        raise MountError(f'persistentvolumeclaim "{claim}" is not bound to a volume')
    try:
        if "local" in volume["spec"]:
            return _local(place, pod, volume, subpath)
        return _persistent(place, pod, volume, subpath)
    except (LookupError, ClientError) as error:
        text = message_of(error) if isinstance(error, ClientError) else str(error.args[0])
        raise MountError(f'MountVolume.SetUp failed for volume "{name}": {text}') from error


def _local(place: VolumeSources, pod: Object, volume: Object, subpath: str) -> Path:
    node, name = pod["spec"]["nodeName"], volume["metadata"]["name"]
    try:
        return node_disks.local(place, node, name, volume["spec"], subpath)
    except LookupError as error:
        raise MountError(str(error.args[0])) from error


def is_read_only(place: VolumeSources, pod: Object, claim: str) -> bool:
    """Return whether the volume of a claim is mounted for reading only by its mount options."""
    key = Key("PersistentVolumeClaim", pod["metadata"]["namespace"], claim)
    name = ((place.kube.get(key) or {}).get("spec") or {}).get("volumeName")
    volume = place.kube.get(Key("PersistentVolume", "", name)) if name else None
    if volume is None:
        return False
    # FSx and EFS pass the option on to mount(8); Mountpoint has one of its own.
    reads = "ro" in (volume["spec"].get("mountOptions") or [])
    return reads or s3_volumes.is_read_only(volume["spec"])


def _persistent(place: VolumeSources, pod: Object, volume: Object, subpath: str) -> Path:
    node, spec = pod["spec"]["nodeName"], volume["spec"]
    options = spec.get("mountOptions") or []
    if "nfs" in spec:
        return nfs(place, spec["nfs"], subpath, options)
    csi = spec.get("csi", {})
    registered = place.kube.get(Key("CSINode", "", node)) or {"spec": {}}
    names = {driver["name"] for driver in registered["spec"].get("drivers") or []}
    if csi.get("driver") not in names:
        raise LookupError(
            "kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name "
            f"{csi.get('driver')} not found in the list of registered CSI drivers"
        )
    if csi.get("driver") in {"fsx.csi.aws.com", "efs.csi.aws.com"}:
        _refuse_access_modes(spec)
    if csi.get("driver") == "fsx.csi.aws.com":
        return _fsx(place, csi, subpath)
    if csi.get("driver") == "efs.csi.aws.com":
        handle = file_system(csi["volumeHandle"])
        s3_files.check_mount(place, node, handle, options)
        zone = _option(options, "azid" if handle.kind == s3_files.KIND else "az")
        return _mount(place, handle.system, f"{handle.path}/{subpath}", handle.point, zone)
    if csi.get("driver") == s3_volumes.DRIVER:
        return s3_volumes.folder(place, pod, volume["metadata"]["name"], spec, subpath)
    raise LookupError(f"driver {csi.get('driver')} is not known in a rehearsal")


def _fsx(place: VolumeSources, csi: Object, subpath: str) -> Path:
    system = place.contents.describe(csi["volumeHandle"], place.region)
    attributes = csi.get("volumeAttributes", {})
    name, _, fileset = attributes.get("mountname", "fsx").partition("/")
    if attributes.get("dnsname") != system["DNSName"]:
        raise LookupError(
            f"mount.lustre: {attributes.get('dnsname')}: no such host; "
            f"volumeAttributes.dnsname must be {system['DNSName']}"
        )
    if name != system["LustreConfiguration"].get("MountName", "fsx"):
        raise LookupError(
            f"mount.lustre: mount {csi['volumeHandle']}@tcp:/{name} failed: Invalid argument. "
            "Is the MGS specification correct? Is the filesystem name correct?"
        )
    if fileset and not _mount(place, csi["volumeHandle"], fileset).is_dir():
        raise LookupError(
            f"mount.lustre: mount {system['DNSName']}@tcp:/{name}/{fileset} failed: No such file "
            "or directory. Is the MGS specification correct? Is the filesystem name correct?"
        )
    return _mount(place, csi["volumeHandle"], f"{fileset}/{subpath}" if fileset else subpath)


def _refuse_access_modes(spec: Object) -> None:
    """Refuse what the FSx and EFS drivers do: they know no ReadOnlyMany."""
    if {*(spec.get("accessModes") or ())} == {"ReadOnlyMany"}:
        raise LookupError(
            "rpc error: code = InvalidArgument desc = Volume capability not supported"
        )


def nfs(place: VolumeSources, volume: Object, subpath: str, options: Sequence[str] = ()) -> Path:
    """Return the directory of an NFS export of EFS, or of a path in it.

    Args:
        place: Sources of the pod's volumes.
        volume: Server and path.
        subpath: Path below that, which the pod mounts.
        options: Options of mount(8).

    Raises:
        LookupError: The server is not the name of a file system in the Region, or mount(8) does not
            know an option.
    """
    server = volume["server"]
    system = server.partition(".")[0]
    if unknown := OF_THE_HELPER & {one.partition("=")[0] for one in options}:
        raise LookupError(
            f"mount.nfs: an incorrect mount option was specified: {', '.join(sorted(unknown))}"
        )
    if server not in {f"{system}.efs.{place.region}.amazonaws.com{end}" for end in ("", ".cn")}:
        raise LookupError(
            f"mount.nfs4: Failed to resolve server {server}: Name or service not known"
        )
    return _mount(place, system, f"{volume.get('path', '/')}/{subpath}")


def _option(options: Sequence[str], name: str) -> str:
    """Return the value of a mount option; empty if it is not given."""
    values = dict(one.partition("=")[::2] for one in options)
    return values.get(name, "")


def _mount(place: VolumeSources, system: str, path: str, point: str = "", zone: str = "") -> Path:
    _refuse_unreachable(place, system, zone)
    return place.contents.mount(
        system, place.region, path, lazy=place.lazy, access_point=point, holder=place.holder
    )


def _refuse_unreachable(place: VolumeSources, system: str, zone: str) -> None:
    """Refuse a file system that the network keeps from the node of the pod.

    A node without an interface in the account, as of a cluster of the user's own, is not looked at.
    """
    ec2 = place.cloud.client("ec2", place.region)
    filters = [
        {"Name": "private-ip-address", "Values": [place.node_address]},
        {"Name": "description", "Values": ["node of *"]},
    ]
    for found in ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]:
        groups = [one["GroupId"] for one in found["Groups"]]
        subnets = [found["SubnetId"]]
        obstacle = place.contents.obstacle(system, place.region, subnets, groups, zone)
        if obstacle:
            raise LookupError(f"mount of {system} timed out: {obstacle}")


def file_system(handle: str) -> s3_files.VolumeHandle:
    """Return the parts of the handle of a volume of the EFS CSI driver.

    A handle is fs-1, fs-1:/path or fs-1::fsap-1, with efs: or s3files: before it. Without that it
    is one of EFS.
    """
    kind, rest = "efs", handle
    for one in ("efs", "s3files"):
        if handle.startswith(f"{one}:"):
            kind, rest = one, handle.removeprefix(f"{one}:")
    return s3_files.VolumeHandle(kind, *rest.split(":")[:3])
