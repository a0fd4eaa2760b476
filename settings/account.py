"""What the rules need to know of the account and its Region, asked of AWS once.

Zone names are an account's own: us-east-1a of one account is us-east-1c of another. Zone ids, such
as use1-az3, mean the same zone everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """Facts about an account in one Region."""

    zones: Mapping[str, str]
    """The zone id of each Availability Zone, by its name."""

    offerings: Mapping[str, Collection[str]]
    """The names of the zones that offer an EC2 instance type, for each type the config names."""

    instance_stores: Collection[str] = field(default_factory=frozenset)
    """Which of the types that are to use disks of their own have some."""

    kubernetes_versions: Mapping[str, str] = field(default_factory=dict)
    """The Kubernetes versions that EKS offers, newest first, each with the support it is in:
    STANDARD_SUPPORT or EXTENDED_SUPPORT."""

    cluster_version: str | None = None
    """The Kubernetes version that the stack's cluster runs; None while there is no cluster."""

    known_types: Collection[str] = field(default_factory=frozenset)
    """All instance types of the Region, asked for only when one in the config is not offered."""

    missing_image: str | None = None
    """Why AWS does not find the image that was asked for; None where it does, or none was."""

    deployer: str | None = None
    """The ARN of the caller, as STS names it: of a user, or of a role's session."""

    untagged_entries: Collection[str] = field(default_factory=frozenset)
    """Principals that the config names and that have an access entry without the tags of a stack:
    EKS made it for whoever created the cluster, or a person did."""


class AccountUnknownError(Exception):
    """AWS did not answer what was asked of it."""


@dataclass(frozen=True)
class Questions:
    """What a config makes it necessary to know."""

    instance_types: Collection[str] = frozenset()
    """The EC2 instance types to ask about."""

    with_instance_store: Collection[str] = frozenset()
    """Those of them that are to use disks of their own."""

    image: str | None = None
    """An image of the account's registry, as REPOSITORY:TAG, if one has to be there."""

    cluster: str | None = None
    """The name of the stack's cluster, whether it is there already or not."""

    principals: Collection[str] = frozenset()
    """The ARNs of those who are to have an access entry in it."""


def ask(questions: Questions) -> Account:
    """The facts, by invokes of the AWS provider with the stack's own credentials.

    Raises:
        AccountUnknownError: An invoke failed, for want of credentials or permissions.
    """
    types, cluster = questions.instance_types, questions.cluster
    with_store, image = questions.with_instance_store, questions.image
    try:
        version = _cluster_version(cluster) if cluster else None
        offerings = _offerings(types) if types else {}
        complete = offerings.keys() >= set(types)
        return Account(
            _zones(),
            offerings,
            _instance_stores(with_store) if with_store else frozenset(),
            _kubernetes_versions(),
            version,
            frozenset() if complete else _all_types(),
            _missing_image(image) if image else None,
            _caller(),
            _untagged_entries(cluster, questions.principals)
            if cluster and version
            else frozenset(),
        )
    except Exception as error:  # the SDK raises a bare Exception when an invoke fails
        raise AccountUnknownError(str(error)) from error


def _zones() -> dict[str, str]:
    """The Region's zones: no local ones, where neither EKS nor FSx has its servers."""
    import pulumi_aws as aws  # noqa: PLC0415 (the rules are importable without the SDK)

    zone_type = aws.GetAvailabilityZonesFilterArgs(name="zone-type", values=["availability-zone"])
    found = aws.get_availability_zones(filters=[zone_type])
    return dict(zip(found.names, found.zone_ids, strict=True))


def _caller() -> str:
    """Who the stack is deployed by."""
    import pulumi_aws as aws  # noqa: PLC0415

    return aws.get_caller_identity().arn


def _offerings(instance_types: Collection[str]) -> dict[str, set[str]]:
    """The zones that offer each of the types; a type nobody offers is left out."""
    from pulumi_aws import ec2  # noqa: PLC0415

    found = ec2.get_instance_type_offerings(
        location_type="availability-zone",
        filters=[
            ec2.GetInstanceTypeOfferingsFilterArgs(
                name="instance-type", values=sorted(instance_types)
            )
        ],
    )
    zones: dict[str, set[str]] = {}
    for instance_type, zone in zip(found.instance_types, found.locations, strict=True):
        zones.setdefault(instance_type, set()).add(zone)
    return zones


def _instance_stores(instance_types: Collection[str]) -> frozenset[str]:
    """Those of the types that have disks of their own."""
    from pulumi_aws import ec2  # noqa: PLC0415

    wanted = {"instance-type": sorted(instance_types), "instance-storage-supported": ["true"]}
    found = ec2.get_instance_types(
        filters=[
            ec2.GetInstanceTypesFilterArgs(name=name, values=values)
            for name, values in wanted.items()
        ]
    )
    return frozenset(found.instance_types)


def _kubernetes_versions() -> dict[str, str]:
    """What EKS offers, with its support."""
    from pulumi_aws import eks  # noqa: PLC0415

    found = eks.get_cluster_versions().cluster_versions
    return {one.cluster_version: one.version_status for one in found}


def _cluster_version(name: str) -> str | None:
    """The version of a cluster; asked by a listing first, for want of one is no error there."""
    from pulumi_aws import eks  # noqa: PLC0415

    return eks.get_cluster(name=name).version if name in eks.get_clusters().names else None


def _untagged_entries(cluster: str, principals: Collection[str]) -> frozenset[str]:
    """Those of the principals whose access entry no stack made."""
    from pulumi_aws import eks  # noqa: PLC0415

    found = set()
    for principal in principals:
        try:
            entry = eks.get_access_entry(cluster_name=cluster, principal_arn=principal)
        except Exception:
            continue
        if "Stack" not in (entry.tags or {}):
            found.add(principal)
    return frozenset(found)


def _missing_image(image: str) -> str | None:
    """What AWS says of an image that is not in the registry, or None of one that is."""
    from pulumi_aws import ecr  # noqa: PLC0415

    repository, _, tag = image.partition(":")
    try:
        ecr.get_image(repository_name=repository, image_tag=tag)
    except Exception as error:  # a repository or tag that is not there is a bare Exception too
        return " ".join(str(error).split())
    return None


def _all_types() -> frozenset[str]:
    """Every instance type of the Region, to find what a misspelt one was meant to be."""
    from pulumi_aws import ec2  # noqa: PLC0415

    return frozenset(ec2.get_instance_type_offerings(location_type="region").instance_types)
