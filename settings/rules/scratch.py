"""Rules of the scratch volume on the nodes' own disks.

Source: https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/ (LocalStorageOptions): the disks
are one array only where the node's configuration says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import NOT_SET, ConfigError, Path
from components.storage.scratch_spec import NAMESPACE
from settings.rules.node_groups import GROUPS
from settings.rules.storage import NAMESPACES
from settings.stack import Settings

SCRATCH: Path = ("storage", "scratch")


def node_group_with_disks(settings: Settings) -> Iterator[ConfigError]:
    """Check that a node group has the array of disks that the volume lies on."""
    if settings.storage.scratch is None:
        return
    groups = settings.node_groups
    if not any(group.instance_store for group in groups.values()):
        rule = "a node group must have instanceStore, on whose disks the volume lies"
        some = next(iter(groups), "NAME")
        remedy = (
            f"set nodeGroups.{some}.instanceStore to true, with instance types that have disks of "
            "their own, such as m6id.large; or remove storage.scratch"
        )
        yield ConfigError(SCRATCH, rule, list(groups) or NOT_SET, remedy, (GROUPS,))


def own_namespace(settings: Settings) -> Iterator[ConfigError]:
    """Check that no claim is in the namespace of the pods that make the directories."""
    if settings.storage.scratch is None:
        return
    for i, name in enumerate(settings.storage.namespaces):
        if name == NAMESPACE:
            rule = "is the namespace of the pods that make the scratch volume's directories"
            yield ConfigError((*NAMESPACES, i), rule, name, "choose another name")


def one_in_a_cluster(settings: Settings) -> Iterator[ConfigError]:
    """Check that an existing cluster has no scratch volume of another stack."""
    if settings.storage.scratch is not None and NAMESPACE in settings.their_namespaces:
        rule = f"a cluster has one scratch volume, and namespace {NAMESPACE} is there already"
        remedy = "remove storage.scratch, and use the claims of the stack that has it"
        yield ConfigError(SCRATCH, rule, {}, remedy, (("cluster", "existing"),))


RULES = (node_group_with_disks, own_namespace, one_in_a_cluster)
