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
from settings.storage_spec import BACKEND_SPECS, Backend

Outputs = Mapping[str, Any]
State = Mapping[str, Mapping[str, Any]]
"""`type` and `outputs` of every resource of the last update, by URN."""

WORKLOADS = ("kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:Job")
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
    """Properties by their Pulumi names."""


@dataclass(frozen=True)
class Deployed:
    """Parts of the last update; a part that was not deployed is empty or None."""

    is_known: bool = True
    """False where nobody has read the last update: a rule that depends on it is left out."""
    vpc_cidr: str | None = None
    """CIDR block of the VPC."""
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
    backend: Backend | None = None
    """Active storage back end, fsx or efs."""
    file_system: DataStore | None = None
    """File system of that back end."""
    file_system_zone: str | None = None
    """Zone of an FSx file system."""
    associations: Mapping[str, Outputs] = field(default_factory=dict)
    """Properties of each data repository association of an FSx file system, by its name in the
    config."""
    bucket: DataStore | None = None
    """Data bucket, if the stack created it."""
    cluster: Outputs | None = None
    """Properties of the EKS cluster by their Pulumi names."""
    claims: frozenset[tuple[str, str]] = frozenset()
    """Namespace and name of each claim on the shared storage."""
    workloads: frozenset[tuple[str, str, str]] = frozenset()
    """Kind, namespace and name of the stack's own Deployments and Jobs."""

    @property
    def network(self) -> DeployedNetwork:
        """Parts that the network must keep."""
        return DeployedNetwork(self.private_cidrs, self.nat_zones, self.control_plane_zones)


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
    store, backend = _file_system(state)
    subnet = str(store.outputs.get("subnetIds")) if store else ""
    return Deployed(
        vpc_cidr=next(
            (one["cidrBlock"] for _, one in _resources(state, "aws:ec2/vpc:Vpc", "cidrBlock")), None
        ),
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
        backend=backend,
        file_system=store,
        file_system_zone=subnets.get(subnet),
        associations={
            name.removeprefix(ASSOCIATION): one
            for name, one in _resources(state, ASSOCIATION_TYPE, "dataRepositoryPath")
            if name.startswith(ASSOCIATION)
        },
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
        claims=frozenset(
            _full_name(one)
            for _, one in _resources(state, "kubernetes:core/v1:PersistentVolumeClaim")
        ),
        workloads=frozenset(
            (type_.rpartition(":")[2], *_full_name(one))
            for type_ in WORKLOADS
            for _, one in _resources(state, type_)
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


def _file_system(state: State) -> tuple[DataStore | None, Backend | None]:
    for backend, spec in BACKEND_SPECS.items():
        for name, outputs in _resources(state, spec.resource_type, "arn"):
            if name == "storage-file-system":
                return DataStore(_id(outputs), outputs), backend
    return None, None


def _full_name(outputs: Outputs) -> tuple[str, str]:
    metadata = outputs.get("metadata") or {}
    return str(metadata.get("namespace", "")), str(metadata.get("name", ""))


def _id(outputs: Outputs) -> str:
    # Not every provider repeats the id among the outputs; every ARN ends with it.
    return str(outputs["arn"]).rpartition("/")[2]


def _zones(subnets: Mapping[str, str], ids: Any) -> tuple[str, ...]:
    return tuple(sorted({subnets[one] for one in ids if one in subnets}))
