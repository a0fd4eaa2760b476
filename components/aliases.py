"""Former URNs of resources, so that an update of a stack of an earlier release keeps them.

A URN contains the types of a resource's parents. If a release gives a resource another parent, the
former parent is listed in this module only.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pulumi

MOUNT = "eks-ml-storage:storage:StorageMount::mount"
TRAINING = "eks-ml-storage:training:Training::training"
CLUSTER = "eks-ml-storage:cluster:Cluster::cluster"
FILE_SYSTEMS = (
    "eks-ml-storage:storage:EfsStorage::storage",
    "eks-ml-storage:storage:LustreStorage::storage",
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


FORMER: Mapping[str, Sequence[Former]] = {
    "eks-ml-storage:storage:CsiDriver": [Former("mount-driver", MOUNT)],
    "eks-ml-storage:storage:Claims": [Former("mount-claims", MOUNT)],
    "eks-ml-storage:storage:OldContents": [Former("mount-old", MOUNT)],
    "eks-ml-storage:storage:DataLoading": [
        Former("mount", type="eks-ml-storage:storage:StorageMount")
    ],
    # Those among the file servers are children of the file system, as before.
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": [
        Former("storage-from-(?!itself-).*", file_system) for file_system in FILE_SYSTEMS
    ],
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": [
        Former("storage-to-(?!itself-).*", file_system) for file_system in FILE_SYSTEMS
    ],
    "eks-ml-storage:training:ExecutionRole": [Former("training-execution", TRAINING)],
    "eks-ml-storage:training:OnNewData": [Former("training-on-new-data", TRAINING)],
    "eks-ml-storage:training:Controller": [Former("training-controller", TRAINING)],
    STASH: [Former("cluster-.*-version", CLUSTER)],
    "eks:index:Addon": [Former("cluster-.*", CLUSTER)],
}
"""Former parents by the type of the resources. Children of a resource in this table need no entry:
the engine gives them the aliases of their parent."""


def former_urns(type_: str, name: str) -> list[pulumi.Alias]:
    """Return the aliases of a resource, by its type and its logical name."""
    start = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::"
    return [
        pulumi.Alias(
            **({"parent": f"{start}{one.parent}"} if one.parent else {}),
            **({"type_": one.type} if one.type else {}),
        )
        for one in FORMER.get(type_, ())
        if re.fullmatch(one.name, name)
    ]


def with_former_urns(
    args: pulumi.ResourceTransformArgs,
) -> pulumi.ResourceTransformResult | None:
    """Add the former URNs of a resource to its options, as a transform of the stack.

    Pulumi's SDK (3.272) fails on a transform of a resource with a replacement trigger, such as a
    Stash: it gets its aliases where it is made, by `former_urns`.
    """
    aliases = former_urns(args.type_, args.name)
    if not aliases or args.type_ == STASH:
        return None
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(aliases=aliases))
    return pulumi.ResourceTransformResult(props=args.props, opts=opts)


def keep_former_urns() -> None:
    """Add the aliases of former URNs to every resource that is registered after this call."""
    pulumi.runtime.register_resource_transform(with_former_urns)
