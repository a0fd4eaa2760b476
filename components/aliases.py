"""Former URNs of resources, so that an update of a stack of an earlier release keeps them.

A URN contains the types of a resource's parents. If a release gives a resource another parent, the
former parent is listed in this module only.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import pulumi

MOUNT = "eks-ml-storage:storage:StorageMount::mount"
TRAINING = "eks-ml-storage:training:Training::training"
CLUSTER = "eks-ml-storage:cluster:Cluster::cluster"
CLAIMS = "eks-ml-storage:storage:Claims::mount-claims"
MOUNT_CLAIMS = f"eks-ml-storage:storage:StorageMount${CLAIMS}"
ACCESS = r"eks-ml-storage:storage:ClientAccess::storage-\2"


class OneStorage(NamedTuple):
    """A storage of the releases in which a stack had one, and names did not contain it."""

    storage: str
    """Name of the storage."""
    file_system: str
    """Type and name of its file system's component."""
    storage_class: str
    """Name of its class."""


ONE_STORAGE = (
    OneStorage("efs", "eks-ml-storage:storage:EfsStorage::storage", "efs-access-points"),
    OneStorage("fsx", "eks-ml-storage:storage:LustreStorage::storage", "fsx-lustre"),
)

STASH = "pulumi:index:Stash"


class Former(NamedTuple):
    """A former parent, a former type or both of the resources of a type."""

    name: str
    """Regular expression of the logical names of the resources."""
    parent: str | None = None
    """Types and name of the parent in its URN, such as eks-ml-storage:cluster:Cluster::cluster; by
    default the parent they have."""
    type: str | None = None
    """Former type of the resources; by default the type they have."""
    former_name: str | None = None
    """Former logical name; by default the name they have. It and `parent` may refer to groups of
    the regular expression."""
    storage: str | None = None
    """Name of the storage in the resources' names. The former name did not contain it: it belongs
    to the only storage that the stack had then."""


def _rules() -> list[Former]:
    return [
        Former(
            rf"storage-{one.storage}-((?:from|to)-(?:servers-to-)?(nodes|training)-.*)",
            parent,
            former_name=r"storage-\1",
            storage=one.storage,
        )
        for one in ONE_STORAGE
        for parent in (one.file_system, ACCESS)
    ]


FORMER: Mapping[str, Sequence[Former]] = {
    "eks-ml-storage:storage:CsiDriver": [
        Former(
            f"mount-driver-{one.storage}",
            parent,
            former_name="mount-driver",
            storage=one.storage,
        )
        for one in ONE_STORAGE
        for parent in (MOUNT, None)
    ],
    "kubernetes:storage.k8s.io/v1:StorageClass": [
        Former(
            f"{one.storage}-classes-{one.storage_class}",
            parent,
            former_name="mount-claims-class",
            storage=one.storage,
        )
        for one in ONE_STORAGE
        for parent in (MOUNT_CLAIMS, CLAIMS)
    ],
    # Those among the file servers are children of the file system, as before.
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rules(),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rules(),
    "eks-ml-storage:storage:Claims": [Former("mount-claims", MOUNT)],
    "eks-ml-storage:storage:OldContents": [Former("mount-old", MOUNT)],
    "eks-ml-storage:storage:DataLoading": [
        Former("mount", type="eks-ml-storage:storage:StorageMount")
    ],
    "eks-ml-storage:training:ExecutionRole": [Former("training-execution", TRAINING)],
    "eks-ml-storage:training:OnNewData": [Former("training-on-new-data", TRAINING)],
    "eks-ml-storage:training:Controller": [Former("training-controller", TRAINING)],
    STASH: [Former("cluster-.*-version", CLUSTER)],
    "eks:index:Addon": [Former("cluster-.*", CLUSTER)],
}
"""Former parents by the type of the resources. Children of a resource in this table need no entry:
the engine gives them the aliases of their parent."""


def former_urns(type_: str, name: str, storage: str | None = None) -> list[pulumi.Alias]:
    """Return the aliases of a resource, by its type and its logical name.

    Args:
        type_: Type of the resource.
        name: Logical name of the resource.
        storage: Storage that had the former names without a storage in them.
    """
    start = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::"
    return [
        pulumi.Alias(
            **({"parent": start + found.expand(one.parent)} if one.parent else {}),
            **({"type_": one.type} if one.type else {}),
            **({"name": found.expand(one.former_name)} if one.former_name else {}),
        )
        for one in FORMER.get(type_, ())
        if (found := re.fullmatch(one.name, name)) and one.storage in {None, storage}
    ]


def with_former_urns(
    storage: str | None, args: pulumi.ResourceTransformArgs
) -> pulumi.ResourceTransformResult | None:
    """Add the former URNs of a resource to its options, as a transform of the stack.

    Pulumi's SDK (3.272) fails on a transform of a resource with a replacement trigger, such as a
    Stash: it gets its aliases where it is made, by `former_urns`.
    """
    aliases = former_urns(args.type_, args.name, storage)
    if not aliases or args.type_ == STASH:
        return None
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(aliases=aliases))
    return pulumi.ResourceTransformResult(props=args.props, opts=opts)


def keep_former_urns(storage: str | None = None) -> None:
    """Add the aliases of former URNs to every resource that is registered after this call.

    Args:
        storage: Storage that had the former names without a storage in them.
    """
    pulumi.runtime.register_resource_transform(partial(with_former_urns, storage))
