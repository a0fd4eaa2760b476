"""Rules of managed node groups.

Sources: EKS API Reference, CreateNodegroup; EKS User Guide, "Managed node groups"; Kubernetes,
"Labels and Selectors" and "Taints and Tolerations".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.spec.errors import NOT_SET, ConfigError, Path
from settings.instance_type import NAME, accelerator, architecture
from settings.node_group import NodeGroup
from settings.rules.names import LABEL_VALUE, QUALIFIED_NAME, label_errors
from settings.stack import Settings

GROUPS: Path = ("nodeGroups",)
NAT: Path = ("network", "nat")
RESERVED_LABELS = ("kubernetes.io/", "k8s.io/", "eks.amazonaws.com/")
"""EKS's own words: "Label cannot contain reserved prefixes [kubernetes.io/, k8s.io/,
eks.amazonaws.com/]", so node-role.kubernetes.io/worker is refused too."""
LONGEST_KEY = 63
"""EKS API Reference, labelKey and taintKey."""
RELEASE = re.compile(r"\d+\.\d+\.\d+-\d{8}", re.ASCII)
RESERVED_TAINTS = ("node.kubernetes.io/", "eks.amazonaws.com/")


def group_names(settings: Settings) -> Iterator[ConfigError]:
    """A group's name is part of the names of its resources."""
    yield from label_errors(GROUPS, settings.node_groups, longest=40)


def room_for_the_drivers(settings: Settings) -> Iterator[ConfigError]:
    """Add-ons and drivers tolerate no taint of the user's, and want a node to run on."""
    groups = settings.node_groups
    if not any(group.desired_size and not _repels(group) for group in groups.values()):
        rule = "at least one node group must have a node, and no taint that repels the drivers"
        remedy = "add a group without taints and with desiredSize 1 or more"
        yield ConfigError(GROUPS, rule, list(groups) or NOT_SET, remedy)


def sizes(settings: Settings) -> Iterator[ConfigError]:
    """A group has from minSize to maxSize nodes."""
    for name, group in settings.node_groups.items():
        path = (*GROUPS, name)
        least, most = (*path, "minSize"), (*path, "maxSize")
        if group.min_size > group.max_size:
            rule, remedy = "must not be above maxSize", f"set {group.max_size} or less"
            yield ConfigError(least, rule, group.min_size, remedy, (most,))
        elif not group.min_size <= group.desired_size <= group.max_size:
            rule = f"must be from minSize to maxSize: {group.min_size} to {group.max_size}"
            nearest = min(max(group.desired_size, group.min_size), group.max_size)
            remedy = f"set {nearest}, or move the limit"
            yield ConfigError(
                (*path, "desiredSize"), rule, group.desired_size, remedy, (least, most)
            )


def zones(settings: Settings) -> Iterator[ConfigError]:
    """A node is in a subnet of the VPC."""
    for name, group in settings.node_groups.items():
        for i, zone in enumerate(group.zones):
            if zone not in settings.network.zones:
                rule = "must be one of network.zones"
                remedy = f"choose from {', '.join(settings.network.zones) or 'zones you add there'}"
                path = (*GROUPS, name, "zones", i)
                yield ConfigError(path, rule, zone, remedy, (("network", "zones"),))


def way_out(settings: Settings) -> Iterator[ConfigError]:
    """Nodes pull images from public registries, so they need a way to the internet."""
    for name, group in settings.node_groups.items():
        if settings.network.nat == "none" and group.subnets == "private":
            rule = "nodes in private subnets reach no registry without a NAT gateway"
            remedy = "set public here, or network.nat to single or perZone"
            yield ConfigError((*GROUPS, name, "subnets"), rule, group.subnets, remedy, (NAT,))


def instance_type_names(settings: Settings) -> Iterator[ConfigError]:
    """An EC2 instance type has a family, a generation and a size."""
    for name, group in settings.node_groups.items():
        for i, instance_type in enumerate(group.instance_types):
            if not NAME.fullmatch(instance_type):
                rule = "must be an EC2 instance type, such as m6i.large"
                ec2 = instance_type.removeprefix("ml.")
                remedy = f"set {ec2}" if NAME.fullmatch(ec2) else "correct it"
                path = (*GROUPS, name, "instanceTypes", i)
                yield ConfigError(path, rule, instance_type, remedy)


def release_versions(settings: Settings) -> Iterator[ConfigError]:
    """A release of the machine image is one of the cluster's Kubernetes version.

    Source: EKS User Guide, "Retrieve Amazon Linux AMI version information".
    """
    version = settings.cluster.version
    for name, group in settings.node_groups.items():
        value, path = group.release_version, (*GROUPS, name, "releaseVersion")
        if value is None:
            continue
        remedy = f"see `aws ssm get-parameter --name {_newest_release(version, group.image)}`"
        if not RELEASE.fullmatch(value):
            rule = f"must be a release of the machine image, such as {version}.2-20261118"
            yield ConfigError(path, rule, value, remedy)
        elif not value.startswith(f"{version}."):
            rule = f"must be a release for Kubernetes {version}, which cluster.version says"
            yield ConfigError(
                path, rule, value, f"remove it, or {remedy}", (("cluster", "version"),)
            )


def _newest_release(version: str, image: str) -> str:
    """The SSM parameter in which AWS publishes the newest release of an image."""
    kind = image.removeprefix("AL2023_").lower()
    architecture, _, variant = kind.rpartition("_")
    where = f"{version}/amazon-linux-2023/{architecture.replace('arm_64', 'arm64')}/{variant}"
    return f"/aws/service/eks/optimized-ami/{where}/recommended/release_version"


def one_image(settings: Settings) -> Iterator[ConfigError]:
    """The nodes of a group share one machine image."""
    for name, group in settings.node_groups.items():
        images = {(architecture(one), accelerator(one)) for one in group.instance_types}
        if len(images) > 1:
            rule = "must share one machine image: one architecture, and GPUs on all or none"
            remedy = "make a node group for each kind"
            path = (*GROUPS, name, "instanceTypes")
            yield ConfigError(path, rule, list(group.instance_types), remedy)


def image_fits(settings: Settings) -> Iterator[ConfigError]:
    """A machine image is for one architecture, and drives one kind of accelerator or none."""
    for name, group in settings.node_groups.items():
        types = [one for one in group.instance_types if NAME.fullmatch(one)]
        if group.ami_type is None or not types:
            continue
        path, depends_on = (*GROUPS, name, "amiType"), ((*GROUPS, name, "instanceTypes"),)
        needed, accelerated = architecture(types[0]), accelerator(types[0])
        if f"_{needed}_" not in group.ami_type:
            rule = f"must be an image for {needed}, the architecture of {types[0]}"
        elif not group.ami_type.endswith(("STANDARD", accelerated)):
            rule = f"must be an image without drivers that {types[0]} has no device for"
        else:
            continue
        fitting = f"AL2023_{needed}_{accelerated}"
        yield ConfigError(path, rule, group.ami_type, f"set {fitting}, or remove it", depends_on)


def labels(settings: Settings) -> Iterator[ConfigError]:
    """Labels have a form, and some are not the user's to set."""
    for name, group in settings.node_groups.items():
        for key, value in group.labels.items():
            path = (*GROUPS, name, "labels", key)
            if any(reserved in key for reserved in RESERVED_LABELS):
                rule = f"EKS refuses labels that contain {', '.join(RESERVED_LABELS)}"
                yield ConfigError(path, rule, key, "use a prefix of your own, such as example.com/")
            elif not QUALIFIED_NAME.fullmatch(key):
                yield ConfigError(path, "must be a Kubernetes label key", key, "write PREFIX/NAME")
            elif len(key) > LONGEST_KEY:
                rule = f"EKS takes keys of at most {LONGEST_KEY} characters, prefix and slash too"
                yield ConfigError(path, rule, key, "shorten it")
            if not value:
                yield ConfigError(
                    path, "EKS takes no empty label", value, 'set for instance "true"'
                )
            elif not LABEL_VALUE.fullmatch(value):
                rule = "must be at most 63 letters, digits, - _ or ., none of these at an end"
                yield ConfigError(path, rule, value, "shorten or correct it")


def taints(settings: Settings) -> Iterator[ConfigError]:
    """Taints have a form, and some are Kubernetes' own."""
    for name, group in settings.node_groups.items():
        for i, taint in enumerate(group.taints):
            path = (*GROUPS, name, "taints", i)
            if taint.key.startswith(RESERVED_TAINTS):
                rule = f"Kubernetes and EKS set taints of {', '.join(RESERVED_TAINTS)} themselves"
                yield ConfigError((*path, "key"), rule, taint.key, "use a prefix of your own")
            elif not QUALIFIED_NAME.fullmatch(taint.key):
                rule = "must be a Kubernetes taint key"
                yield ConfigError((*path, "key"), rule, taint.key, "write PREFIX/NAME")
            elif len(taint.key) > LONGEST_KEY:
                rule = f"EKS takes keys of at most {LONGEST_KEY} characters, prefix and slash too"
                yield ConfigError((*path, "key"), rule, taint.key, "shorten it")
            if not LABEL_VALUE.fullmatch(taint.value):
                rule = "must be at most 63 letters, digits, - _ or ., none of these at an end"
                yield ConfigError((*path, "value"), rule, taint.value, "shorten or correct it")


def taints_once(settings: Settings) -> Iterator[ConfigError]:
    """A node has a taint of a key and an effect once."""
    for name, group in settings.node_groups.items():
        kinds = [(taint.key, taint.effect) for taint in group.taints]
        for i, kind in enumerate(kinds):
            if kind in kinds[:i]:
                rule = "a node has one taint of a key and an effect"
                yield ConfigError((*GROUPS, name, "taints", i), rule, kind, "remove it")


def _repels(group: NodeGroup) -> bool:
    """Whether its taints keep pods away that do not tolerate them."""
    return any(taint.effect != "PREFER_NO_SCHEDULE" for taint in group.taints)


RULES = (
    group_names,
    room_for_the_drivers,
    sizes,
    zones,
    way_out,
    instance_type_names,
    one_image,
    image_fits,
    release_versions,
    labels,
    taints,
    taints_once,
)
