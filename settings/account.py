"""Facts about the account and its Region that the rules need, read from AWS once.

Zone names differ between accounts: us-east-1a of one account may be us-east-1c of another. Zone
ids, such as use1-az3, name the same zone in every account.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from components.storage.found_efs import FoundEfs


@dataclass(frozen=True)
class Account:
    """Facts about an account in one Region."""

    zones: Mapping[str, str]
    """Zone id of each Availability Zone, by its name."""

    offerings: Mapping[str, Collection[str]]
    """Names of the zones that offer an EC2 instance type, for each type in the config."""

    instance_stores: Collection[str] = field(default_factory=frozenset)
    """Instance types with NVMe disks of their own, among those whose groups use such disks."""

    kubernetes_versions: Mapping[str, str] = field(default_factory=dict)
    """Kubernetes versions that EKS offers, newest first, each with its kind of support:
    STANDARD_SUPPORT or EXTENDED_SUPPORT."""

    cluster_version: str | None = None
    """Kubernetes version of the stack's cluster; None while there is no cluster."""

    known_types: Collection[str] = field(default_factory=frozenset)
    """All instance types of the Region; read only if one in the config is not offered."""

    missing_image: str | None = None
    """AWS's message if the image is not in the registry; None if it is, or if none is needed."""

    deployer: str | None = None
    """ARN of the caller, as STS gives it: of a user, or of a session of a role."""

    efs: FoundEfs | None = None
    """EFS file system that the config names; None if there is none of that id."""

    others_entries: Collection[str] = field(default_factory=frozenset)
    """Principals in the config that have an access entry without the stack's tags: EKS created it
    for the creator of the cluster, or another stack or a person did."""


class AccountReadError(Exception):
    """AWS did not give the facts about the account."""


@dataclass(frozen=True)
class AccountQuery:
    """Names in a config about which facts are needed."""

    instance_types: Collection[str] = frozenset()
    """EC2 instance types of the node groups."""

    with_instance_store: Collection[str] = frozenset()
    """Those of them whose groups use disks of their own."""

    image: str | None = None
    """Image that must be in the account's registry, as REPOSITORY:TAG."""

    cluster: str | None = None
    """Name of the stack's cluster, which may not exist yet."""

    principals: Collection[str] = frozenset()
    """ARNs of the principals that get an access entry."""

    owner: Mapping[str, str] = field(default_factory=dict)
    """Tags of the stack's own access entries."""

    efs: str | None = None
    """Id of an existing EFS file system that the stack uses."""


def read_account(query: AccountQuery) -> Account:
    """Return the facts, by invokes of the AWS provider with the stack's own credentials.

    Raises:
        AccountReadError: An invoke failed, for example without credentials or permissions.
    """
    types, cluster = query.instance_types, query.cluster
    with_store, image = query.with_instance_store, query.image
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
            _efs(query.efs) if query.efs else None,
            _entries_of_others(cluster, query.principals, query.owner)
            if cluster and version
            else frozenset(),
        )
    except Exception as error:  # the SDK raises a bare Exception when an invoke fails
        raise AccountReadError(str(error)) from error


def _zones() -> dict[str, str]:
    # Local zones are left out: neither an EKS control plane nor FSx is offered in them.
    import pulumi_aws as aws  # noqa: PLC0415 (the rules are importable without the SDK)

    zone_type = aws.GetAvailabilityZonesFilterArgs(name="zone-type", values=["availability-zone"])
    found = aws.get_availability_zones(filters=[zone_type])
    return dict(zip(found.names, found.zone_ids, strict=True))


def _caller() -> str:
    import pulumi_aws as aws  # noqa: PLC0415

    return aws.get_caller_identity().arn


def _efs(file_system_id: str) -> FoundEfs | None:
    from components.storage.existing_efs import find_file_system  # noqa: PLC0415

    return find_file_system(file_system_id)


def _offerings(instance_types: Collection[str]) -> dict[str, set[str]]:
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
    from pulumi_aws import eks  # noqa: PLC0415

    found = eks.get_cluster_versions().cluster_versions
    return {one.cluster_version: one.version_status for one in found}


def _cluster_version(name: str) -> str | None:
    from pulumi_aws import eks  # noqa: PLC0415

    # Listed first, because reading a cluster that does not exist is an error.
    return eks.get_cluster(name=name).version if name in eks.get_clusters().names else None


def _entries_of_others(
    cluster: str, principals: Collection[str], owner: Mapping[str, str]
) -> frozenset[str]:
    from pulumi_aws import eks  # noqa: PLC0415

    found = set()
    for principal in principals:
        try:
            entry = eks.get_access_entry(cluster_name=cluster, principal_arn=principal)
        except Exception:
            continue
        tags = entry.tags or {}
        if any(tags.get(key) != value for key, value in owner.items()):
            found.add(principal)
    return frozenset(found)


def _missing_image(image: str) -> str | None:
    """Return AWS's message if an image is not in the registry, or None."""
    from pulumi_aws import ecr  # noqa: PLC0415

    repository, _, tag = image.partition(":")
    try:
        ecr.get_image(repository_name=repository, image_tag=tag)
    except Exception as error:  # a repository or tag that is not there is a bare Exception too
        return " ".join(str(error).split())
    return None


def _all_types() -> frozenset[str]:
    from pulumi_aws import ec2  # noqa: PLC0415

    return frozenset(ec2.get_instance_type_offerings(location_type="region").instance_types)
