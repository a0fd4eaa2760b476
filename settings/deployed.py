"""Facts about the deployed stack, read from its own state.

Some settings are fixed when a resource is created: the addresses of a subnet, the zones of a
control plane, the key of a file system. An update must know them before it registers resources.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pulumi
from pulumi.runtime.sync_await import _sync_await

from components.network_spec import DeployedNetwork
from components.storage.claim_names import SHARED
from settings.storage_spec import BACKEND_SPECS, Backend

Outputs = Mapping[str, Any]
State = Mapping[str, Mapping[str, Any]]
"""`type` and `outputs` of every resource of the last update, by URN."""

WORKLOADS = ("kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:Job")
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
VOLUME = "kubernetes:core/v1:PersistentVolume"
FORMER_NAMES = (
    ("kubernetes:storage.k8s.io/v1:StorageClass", "mount-claims-class", "provisioner"),
    (
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        "mount-driver-access-association",
        "serviceAccount",
    ),
)
"""Type and name, without a storage, of the class and of the driver's association in a release with
one storage, each with the output that begins with the storage."""
ACCESS_POINT = "aws:efs/accessPoint:AccessPoint"
DATA_BUCKET = "data-bucket"
ASSOCIATION_TYPE = "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation"
ASSOCIATION = "storage-association-"
"""Beginning of the name of each association of the shared storage."""
MARKER = "begun"
"""Name of the resource by which a later update knows that there was an earlier one."""
PAUSES = (0.1, 0.5, 1.0)
"""Seconds before the state is read again: a file back end cannot be read while the engine writes
to it, and the engine has just written the stack's marker."""
NO_REFERENCES = "PULUMI_DISABLE_RESOURCE_REFERENCES"
"""Environment variable that Pulumi's SDKs read at each call."""


@dataclass(frozen=True)
class DataStore:
    """Deployed file system or bucket, which has data in it."""

    id: str
    """Id of a file system, name of a bucket."""
    outputs: Outputs
    """Properties by their Pulumi names; empty for one that the stack has adopted."""


@dataclass(frozen=True)
class Deployed:
    """Parts of the last update; a part that was not deployed is empty or None."""

    is_known: bool = True
    """False where nobody has read the last update: a rule that depends on it is left out."""
    vpc_cidr: str | None = None
    """CIDR block of the VPC."""
    vpc_id: str | None = None
    """Id of the VPC that the stack made."""
    private_cidrs: Mapping[str, str] = field(default_factory=dict)
    """CIDR block of the private subnet of each zone."""
    nat_zones: tuple[str, ...] = ()
    """Zones with a NAT gateway."""
    control_plane_zones: tuple[str, ...] = ()
    """Zones that the control plane was created in."""
    control_plane_subnets: tuple[str, ...] = ()
    """Ids of the subnets of a control plane that the stack made."""
    node_group_zones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Zones of each node group, by the group's name in the config."""
    node_group_subnets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids of the subnets of each node group, by the group's name in the config."""
    node_group_images: Mapping[str, str] = field(default_factory=dict)
    """Release of the machine image that the nodes of each group have."""
    backend: Backend | None = None
    """Active storage back end, on which the claims named `shared` are."""
    file_systems: Mapping[Backend, DataStore] = field(default_factory=dict)
    """File system of each deployed back end."""
    storage_of_former_names: Backend | None = None
    """Storage whose driver and class have the names of a release with one storage, if any have."""
    file_system_zone: str | None = None
    """Zone of an FSx file system."""
    associations: Mapping[str, Outputs] = field(default_factory=dict)
    """Properties of each data repository association of an FSx file system, by its name in the
    config."""
    file_system_subnet: str | None = None
    """Id of the subnet of an FSx file system."""
    mount_target_subnets: tuple[str, ...] = ()
    """Ids of the subnets with a mount target of EFS."""
    bucket: DataStore | None = None
    """Data bucket, if the stack created it."""
    cluster: Outputs | None = None
    """Properties of the EKS cluster by their Pulumi names."""
    claims: Mapping[tuple[str, str], Backend | None] = field(default_factory=dict)
    """Storage of each claim, by its namespace and name; None for a claim on no file system."""
    workloads: frozenset[tuple[str, str, str]] = frozenset()
    """Kind, namespace and name of the stack's own Deployments and Jobs."""
    existing_vpc: str | None = None
    """Id of the VPC that the stack uses and did not make."""
    existing_cluster: str | None = None
    """Name of the cluster that the stack uses and did not make."""
    namespaces: frozenset[str] = frozenset()
    """Names of the namespaces that the stack made."""
    volumes: frozenset[str] = frozenset()
    """Names of the PersistentVolumes that the stack made."""
    storage_classes: frozenset[str] = frozenset()
    """Names of the StorageClasses that the stack made."""
    csi_drivers: frozenset[str] = frozenset()
    """Names of the CSIDriver objects that the stack made."""
    releases: frozenset[str] = frozenset()
    """Logical names of the stack's Helm releases."""
    service_accounts: frozenset[tuple[str, str]] = frozenset()
    """Namespace and name of the service accounts that the stack gave a role by EKS Pod Identity.
    Those of a driver or a controller have one before its chart is installed."""

    @property
    def subnets(self) -> frozenset[str]:
        """Ids of the subnets with parts of the stack that cannot move to other subnets."""
        groups = [one for several in self.node_group_subnets.values() for one in several]
        of_fsx = [self.file_system_subnet] if self.file_system_subnet else []
        return frozenset(
            (*self.mount_target_subnets, *of_fsx, *self.control_plane_subnets, *groups)
        )

    @property
    def network(self) -> DeployedNetwork:
        """Parts that the network must keep."""
        return DeployedNetwork(
            self.private_cidrs, self.nat_zones, self.control_plane_zones, self.subnets
        )


class StateReadError(pulumi.RunError):
    """The stack's own state could not be read. Nothing was created or changed."""


def read_state() -> State:
    """Return the state of the running stack; empty before its first update.

    The engine fails on readStackResourceOutputs for a stack without a state. A stack with outputs
    has a state, and so has one whose marker was stored by another run: a failed update leaves
    resources and no outputs.

    Raises:
        StateReadError: The engine does not return it.
    """
    organization, project = pulumi.get_organization(), pulumi.get_project()
    stack = f"{organization}/{project}/{pulumi.get_stack()}"
    own = uuid4().hex
    try:
        first = kept(MARKER, own) in (own, None)
        if first and not _invoke("pulumi:pulumi:readStackOutputs", {"name": stack}):
            return {}
        return _invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": stack})
    except Exception as error:  # the SDK raises a bare Exception when an invoke fails
        raise StateReadError(
            f"The state of stack {stack} could not be read, so it is unknown what an update "
            f"would replace. Nothing was created or changed. Try `pulumi stack export`: {error}"
        ) from error


def kept(name: str, value: str) -> str | None:
    """Store a value in the stack's state, and return the value that was stored first.

    It returns None if the engine does not return the value in a preview.
    """
    first = pulumi.ResourceOptions(ignore_changes=["input"])
    found: str | None = _sync_await(pulumi.Stash(name, input=value, opts=first).output.future())
    return found


def deployed_parts(state: State) -> Deployed:
    """Return the deployed parts that a state contains."""
    subnets = {
        _id(outputs): outputs["availabilityZone"]
        for _, outputs in _resources(state, "aws:ec2/subnet:Subnet", "arn")
    }
    file_systems = _file_systems(state)
    lustre = file_systems.get("fsx")
    subnet = str(lustre.outputs.get("subnetIds")) if lustre else ""
    claims = _claims(state, file_systems)
    return Deployed(
        vpc_cidr=next(
            (one["cidrBlock"] for _, one in _resources(state, "aws:ec2/vpc:Vpc", "cidrBlock")), None
        ),
        vpc_id=next((_id(one) for _, one in _resources(state, "aws:ec2/vpc:Vpc", "arn")), None),
        private_cidrs={
            outputs["availabilityZone"]: outputs["cidrBlock"]
            for name, outputs in _resources(state, "aws:ec2/subnet:Subnet", "cidrBlock")
            if name.startswith("network-private-")
        },
        nat_zones=_zones(
            subnets,
            (
                one["subnetId"]
                for _, one in _resources(state, "aws:ec2/natGateway:NatGateway", "subnetId")
            ),
        ),
        control_plane_zones=_zones(
            subnets,
            (
                subnet
                for _, one in _resources(state, "aws:eks/cluster:Cluster", "vpcConfig")
                for subnet in one["vpcConfig"]["subnetIds"]
            ),
        ),
        node_group_zones={
            name.removeprefix("nodes-"): _zones(subnets, one["subnetIds"])
            for name, one in _resources(state, "aws:eks/nodeGroup:NodeGroup", "subnetIds")
        },
        node_group_images={
            name.removeprefix("nodes-"): one["releaseVersion"]
            for name, one in _resources(state, "aws:eks/nodeGroup:NodeGroup", "releaseVersion")
        },
        backend=_backend(claims, file_systems),
        file_systems=file_systems,
        storage_of_former_names=_storage_of_former_names(state),
        control_plane_subnets=tuple(
            subnet
            for _, one in _resources(state, "aws:eks/cluster:Cluster", "vpcConfig")
            for subnet in one["vpcConfig"]["subnetIds"]
        ),
        node_group_subnets={
            name.removeprefix("nodes-"): tuple(one["subnetIds"])
            for name, one in _resources(state, "aws:eks/nodeGroup:NodeGroup", "subnetIds")
        },
        file_system_zone=subnets.get(subnet),
        associations={
            name.removeprefix(ASSOCIATION): one
            for name, one in _resources(state, ASSOCIATION_TYPE, "dataRepositoryPath")
            if name.startswith(ASSOCIATION)
        },
        file_system_subnet=subnet or None,
        mount_target_subnets=tuple(
            str(one["subnetId"])
            for _, one in _resources(state, "aws:efs/mountTarget:MountTarget", "subnetId")
        ),
        bucket=next(
            (
                DataStore(one["bucket"], one)
                for name, one in _resources(state, "aws:s3/bucket:Bucket", "bucket")
                if name == DATA_BUCKET
            ),
            None,
        ),
        cluster=next(
            (one for _, one in _resources(state, "aws:eks/cluster:Cluster", "vpcConfig")), None
        ),
        claims=claims,
        workloads=frozenset(
            (type_.rpartition(":")[2], *_full_name(one))
            for type_ in WORKLOADS
            for _, one in _resources(state, type_)
        ),
        existing_vpc=_adopted(state, "eks-ml-storage:network:ExistingNetwork", "vpcId"),
        existing_cluster=_adopted(state, "eks-ml-storage:cluster:ExistingCluster", "name"),
        namespaces=_names(state, "kubernetes:core/v1:Namespace"),
        volumes=_names(state, "kubernetes:core/v1:PersistentVolume"),
        storage_classes=_names(state, "kubernetes:storage.k8s.io/v1:StorageClass"),
        csi_drivers=_names(state, "kubernetes:storage.k8s.io/v1:CSIDriver"),
        releases=frozenset(name for name, _ in _resources(state, "kubernetes:helm.sh/v3:Release")),
        service_accounts=frozenset(
            (str(one["namespace"]), str(one["serviceAccount"]))
            for _, one in _resources(
                state,
                "aws:eks/podIdentityAssociation:PodIdentityAssociation",
                "namespace",
                "serviceAccount",
            )
        ),
    )


def _invoke(function: str, arguments: dict[str, str]) -> Mapping[str, Any]:
    invoke: Callable[..., Any] = pulumi.runtime.invoke
    with _without_references():
        for pause in (*PAUSES, None):
            try:
                outputs: Mapping[str, Any] = invoke(function, arguments).value["outputs"]
            except Exception:  # the SDK raises a bare Exception when an invoke fails
                if pause is None:
                    raise
                time.sleep(pause)
            else:
                break
    return outputs


@contextmanager
def _without_references() -> Iterator[None]:
    """Have the SDK return URNs for resources among outputs.

    By default it looks such a resource up among those of the running update, and fails.
    """
    before = os.environ.get(NO_REFERENCES)
    os.environ[NO_REFERENCES] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[NO_REFERENCES]
        else:
            os.environ[NO_REFERENCES] = before


def _resources(state: State, type_: str, *outputs: str) -> Iterator[tuple[str, Outputs]]:
    """Yield the name and outputs of each resource of a type that has these outputs.

    A failed update may leave a resource whose creation had begun, with an id and few outputs.
    """
    for urn, resource in state.items():
        if resource["type"] == type_ and all(one in resource["outputs"] for one in outputs):
            yield urn.rpartition("::")[2], resource["outputs"]


def _file_systems(state: State) -> dict[Backend, DataStore]:
    adopted: dict[Backend, DataStore] = {}
    for name, outputs in _resources(state, ACCESS_POINT, "fileSystemId"):
        if name == "storage-access-point":
            adopted["efs"] = DataStore(str(outputs["fileSystemId"]), {})
    return adopted | {
        backend: DataStore(_id(outputs), outputs)
        for backend, spec in BACKEND_SPECS.items()
        for name, outputs in _resources(state, spec.resource_type, "arn")
        if name == "storage-file-system"
    }


def _claims(
    state: State, file_systems: Mapping[Backend, DataStore]
) -> dict[tuple[str, str], Backend | None]:
    """Return the storage of each claim: that of its volume's file system."""
    handles = {
        _full_name(one)[1]: str((one["spec"].get("csi") or {}).get("volumeHandle"))
        for _, one in _resources(state, VOLUME, "spec")
    }
    volumes = {
        _full_name(one): str(one["spec"].get("volumeName"))
        for _, one in _resources(state, CLAIM, "spec")
    }
    return {
        claim: next(
            (name for name, one in file_systems.items() if one.id in handles.get(volume, "")), None
        )
        for claim, volume in volumes.items()
    }


def _backend(
    claims: Mapping[tuple[str, str], Backend | None], file_systems: Mapping[Backend, DataStore]
) -> Backend | None:
    """Return the active back end: that of the claims named `shared`, or else the only one."""
    shared = (backend for (_, name), backend in claims.items() if name == SHARED and backend)
    only = next(iter(file_systems)) if len(file_systems) == 1 else None
    return next(shared, only)


def _storage_of_former_names(state: State) -> Backend | None:
    """Return the storage whose class, or else driver, has a name without a storage."""
    for type_, name, output in FORMER_NAMES:
        for found, one in _resources(state, type_, output):
            if found == name:
                return next(
                    (each for each in BACKEND_SPECS if str(one[output]).startswith(each)), None
                )
    return None


def _adopted(state: State, component: str, output: str) -> str | None:
    found = (one[output] for _, one in _resources(state, component, output))
    return next((str(one) for one in found), None)


def _names(state: State, type_: str) -> frozenset[str]:
    return frozenset(_full_name(one)[1] for _, one in _resources(state, type_))


def _full_name(outputs: Outputs) -> tuple[str, str]:
    metadata = outputs.get("metadata") or {}
    return str(metadata.get("namespace", "")), str(metadata.get("name", ""))


def _id(outputs: Outputs) -> str:
    # Not every provider repeats the id among the outputs; every ARN ends with it.
    return str(outputs["arn"]).rpartition("/")[2]


def _zones(subnets: Mapping[str, str], ids: Any) -> tuple[str, ...]:
    return tuple(sorted({subnets[one] for one in ids if one in subnets}))
