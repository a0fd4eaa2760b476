"""Facts about what the stack has deployed already, read from the stack's own state.

Some things keep for life what they were created with: a subnet its addresses, a control plane its
zones, a file system its key. An update has to know them before it plans anything.
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

Outputs = Mapping[str, Any]
State = Mapping[str, Mapping[str, Any]]
"""By URN, the `type` and the `outputs` of every resource of the last update."""

BACKENDS = {
    "aws:fsx/lustreFileSystem:LustreFileSystem": "fsx",
    "aws:efs/fileSystem:FileSystem": "efs",
}
WORKLOADS = ("kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:Job")
DATA_BUCKET = "data-bucket"
MARKER = "begun"
"""Name of the resource by which a later update knows that there was an earlier one."""
PAUSES = (0.1, 0.5, 1.0)
"""Seconds before the state is read again: a file back end cannot be read while the engine writes
to it, and the engine has just written the stack's marker."""
NO_REFERENCES = "PULUMI_DISABLE_RESOURCE_REFERENCES"
"""A variable that Pulumi's SDKs read at each call."""


@dataclass(frozen=True)
class DataStore:
    """A file system or bucket that has data in it."""

    id: str
    """Id of a file system, name of a bucket."""
    outputs: Outputs
    """Its properties by their Pulumi names."""


@dataclass(frozen=True)
class Deployed:
    """Parts of the last update; what was not deployed is empty or None."""

    vpc_cidr: str | None = None
    private_cidrs: Mapping[str, str] = field(default_factory=dict)
    """CIDR block of the private subnet of each zone."""
    nat_zones: tuple[str, ...] = ()
    """Zones with a NAT gateway."""
    control_plane_zones: tuple[str, ...] = ()
    """Zones that the control plane was created in."""
    node_group_zones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Zones of each node group, by the group's name in the config."""
    node_group_images: Mapping[str, str] = field(default_factory=dict)
    """Release of the machine image that the nodes of each group have."""
    backend: str | None = None
    """The active storage back end, fsx or efs."""
    file_system: DataStore | None = None
    """The file system of that back end."""
    file_system_zone: str | None = None
    """Zone of an FSx file system."""
    bucket: DataStore | None = None
    """The data bucket, where the stack created it."""
    cluster: Outputs | None = None
    """The EKS cluster's properties by their Pulumi names."""
    claims: frozenset[tuple[str, str]] = frozenset()
    """Namespace and name of each claim on the shared storage."""
    workloads: frozenset[tuple[str, str, str]] = frozenset()
    """Kind, namespace and name of what the stack itself runs in the cluster."""

    @property
    def network(self) -> DeployedNetwork:
        """The parts that the network must keep."""
        return DeployedNetwork(self.private_cidrs, self.nat_zones, self.control_plane_zones)


class StateUnknownError(pulumi.RunError):
    """The engine did not tell the stack's own state. Nothing was created or changed."""


def read_state() -> State:
    """Return the state of the stack that runs; empty before its first update.

    The engine's code takes it for granted that a stack asked for its resources has a state. One
    with outputs has, and so has one whose marker was stored by another run: an update that failed
    leaves resources, and no outputs.

    Raises:
        StateUnknownError: The engine does not tell it.
    """
    organization, project = pulumi.get_organization(), pulumi.get_project()
    stack = f"{organization}/{project}/{pulumi.get_stack()}"
    own = uuid4().hex
    try:
        first = kept(MARKER, own) in (own, None)
        if first and not _ask("pulumi:pulumi:readStackOutputs", {"name": stack}):
            return {}
        return _ask("pulumi:pulumi:readStackResourceOutputs", {"stackName": stack})
    except Exception as error:  # the SDK raises a bare Exception when an invoke fails
        raise StateUnknownError(
            f"The state of stack {stack} could not be read, so it is unknown what an update "
            f"would replace. Nothing was created or changed. Try `pulumi stack export`: {error}"
        ) from error


def kept(name: str, value: str) -> str | None:
    """Store a value in the stack's state, and return the one that was stored first.

    None is for an engine that does not tell in a preview.
    """
    first = pulumi.ResourceOptions(ignore_changes=["input"])
    found: str | None = _sync_await(pulumi.Stash(name, input=value, opts=first).output.future())
    return found


def deployed(state: State) -> Deployed:
    """The facts that a state has."""
    subnets = {
        _id(outputs): outputs["availabilityZone"]
        for _, outputs in _of(state, "aws:ec2/subnet:Subnet", "arn")
    }
    store, backend = _file_system(state)
    placed = str(store.outputs.get("subnetIds")) if store else ""
    return Deployed(
        vpc_cidr=next(
            (one["cidrBlock"] for _, one in _of(state, "aws:ec2/vpc:Vpc", "cidrBlock")), None
        ),
        private_cidrs={
            outputs["availabilityZone"]: outputs["cidrBlock"]
            for name, outputs in _of(state, "aws:ec2/subnet:Subnet", "cidrBlock")
            if name.startswith("network-private-")
        },
        nat_zones=_zones(
            subnets,
            (one["subnetId"] for _, one in _of(state, "aws:ec2/natGateway:NatGateway", "subnetId")),
        ),
        control_plane_zones=_zones(
            subnets,
            (
                subnet
                for _, one in _of(state, "aws:eks/cluster:Cluster", "vpcConfig")
                for subnet in one["vpcConfig"]["subnetIds"]
            ),
        ),
        node_group_zones={
            name.removeprefix("nodes-"): _zones(subnets, one["subnetIds"])
            for name, one in _of(state, "aws:eks/nodeGroup:NodeGroup", "subnetIds")
        },
        node_group_images={
            name.removeprefix("nodes-"): one["releaseVersion"]
            for name, one in _of(state, "aws:eks/nodeGroup:NodeGroup", "releaseVersion")
        },
        backend=backend,
        file_system=store,
        file_system_zone=subnets.get(placed),
        bucket=next(
            (
                DataStore(one["bucket"], one)
                for name, one in _of(state, "aws:s3/bucket:Bucket", "bucket")
                if name == DATA_BUCKET
            ),
            None,
        ),
        cluster=next((one for _, one in _of(state, "aws:eks/cluster:Cluster", "vpcConfig")), None),
        claims=frozenset(
            _named(one) for _, one in _of(state, "kubernetes:core/v1:PersistentVolumeClaim")
        ),
        workloads=frozenset(
            (type_.rpartition(":")[2], *_named(one))
            for type_ in WORKLOADS
            for _, one in _of(state, type_)
        ),
    )


def _ask(function: str, arguments: dict[str, str]) -> Mapping[str, Any]:
    """The outputs that the engine answers with.

    Components hand out other resources, which the SDK would look up among those of this update:
    it takes their URNs instead.
    """
    answer: Callable[..., Any] = pulumi.runtime.invoke
    with _without_references():
        for pause in (*PAUSES, None):
            try:
                outputs: Mapping[str, Any] = answer(function, arguments).value["outputs"]
            except Exception:  # the SDK raises a bare Exception when an invoke fails
                if pause is None:
                    raise
                time.sleep(pause)
            else:
                break
    return outputs


@contextmanager
def _without_references() -> Iterator[None]:
    before = os.environ.get(NO_REFERENCES)
    os.environ[NO_REFERENCES] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[NO_REFERENCES]
        else:
            os.environ[NO_REFERENCES] = before


def _of(state: State, type_: str, *outputs: str) -> Iterator[tuple[str, Outputs]]:
    """The name and outputs of each resource of a type, if AWS had made it and so told the outputs.

    An update that failed may leave a resource that was being made, with an id and little else.
    """
    for urn, resource in state.items():
        if resource["type"] == type_ and all(one in resource["outputs"] for one in outputs):
            yield urn.rpartition("::")[2], resource["outputs"]


def _file_system(state: State) -> tuple[DataStore | None, str | None]:
    for type_, backend in BACKENDS.items():
        for name, outputs in _of(state, type_, "arn"):
            if name == "storage-file-system":
                return DataStore(_id(outputs), outputs), backend
    return None, None


def _named(outputs: Outputs) -> tuple[str, str]:
    """Namespace and name of an object of Kubernetes."""
    metadata = outputs.get("metadata") or {}
    return str(metadata.get("namespace", "")), str(metadata.get("name", ""))


def _id(outputs: Outputs) -> str:
    """The id that an ARN ends with: not every provider repeats it among the outputs."""
    return str(outputs["arn"]).rpartition("/")[2]


def _zones(subnets: Mapping[str, str], ids: Any) -> tuple[str, ...]:
    """The zones of subnets, in the order of their names."""
    return tuple(sorted({subnets[one] for one in ids if one in subnets}))
