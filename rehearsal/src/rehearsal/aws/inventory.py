"""List the resources of the account, without those of a new account.

A teardown is complete when the list is empty. It leaves out what a new account has (the default VPC
of each Region with its contents, AWS managed policies and keys), what AWS keeps by itself
(service-linked roles, keys waiting for deletion, the log group of a deleted cluster, which EKS may
create again), and what has ended (training jobs).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.backends import get_backend
from moto.eks.models import eks_backends

from rehearsal.aws import interfaces
from rehearsal.aws.backends import in_use

Lister = Callable[[Any], Iterable[str]]


def take() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return the ids of all resources by service, Region and kind.

    The Region of a global service is its partition, "aws". Empty entries are left out, so that the
    inventory of an empty account is empty.
    """
    services: dict[str, dict[str, dict[str, list[str]]]] = {}
    for service, kinds in _KINDS.items():
        for _, region, backend in get_backend(service).iter_backends():  # type: ignore[call-overload] # of any service
            found = {kind: sorted(lister(backend)) for kind, lister in kinds.items()}
            found = {kind: ids for kind, ids in found.items() if ids}
            if found:
                services.setdefault(service, {})[region] = found
    return services | _others()


def _others() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return the resources of services without a lister, from the dictionaries of their backends.

    An entry counts if the dictionary is larger than that of a new backend.
    """
    services: dict[str, dict[str, dict[str, list[str]]]] = {}
    for backends in in_use():
        if backends.service_name in _KINDS or backends.service_name in _HOLD_NOTHING:
            continue
        for account_id, region, backend in backends.iter_backends():
            new = vars(backends.backend(region, account_id))
            found = {
                kind: sorted(map(str, things))
                for kind, things in vars(backend).items()
                if isinstance(things, dict) and len(things) > len(new.get(kind) or {})
            }
            if found:
                services.setdefault(backends.service_name, {})[region] = found
    return services


# Services that create no resources.
_HOLD_NOTHING = ("sts", "moto_api", "instance_metadata", "resourcegroupstaggingapi")


def _own_vpcs(ec2: Any) -> set[str]:
    return {vpc.id for vpc in ec2.vpcs.values() if not vpc.is_default}


def _in_own_vpc(ec2: Any, things: Iterable[Any]) -> Iterator[str]:
    own = _own_vpcs(ec2)
    return (thing.id for thing in things if thing.vpc_id in own)


def _subnets(ec2: Any) -> Iterator[str]:
    return _in_own_vpc(ec2, (one for zone in ec2.subnets.values() for one in zone.values()))


def _security_groups(ec2: Any) -> Iterator[str]:
    groups = (group for of_vpc in ec2.groups.values() for group in of_vpc.values())
    return (group.id for group in groups if not group.is_default)


def _route_tables(ec2: Any) -> Iterator[str]:
    return _in_own_vpc(
        ec2, (table for table in ec2.route_tables.values() if not table.main_association_id)
    )


def _instances(ec2: Any) -> Iterator[str]:
    return (
        instance.id
        for reservation in ec2.reservations.values()
        for instance in reservation.instances
        if instance.state != "terminated"
    )


def _log_groups(logs: Any) -> Iterator[str]:
    kept: frozenset[str] = eks_backends[logs.account_id][logs.region_name].late_log_groups  # type: ignore[attr-defined]  # ours, not moto's
    return (name for name in logs.groups if name not in kept)


def _interfaces(ec2: Any) -> Iterable[str]:
    interfaces.sweep(ec2)
    return list(ec2.enis)


def _of_clusters(kind: str) -> Lister:
    return lambda eks: (
        f"{cluster.name}/{key}"
        for cluster in eks.clusters.values()
        for key in getattr(cluster, kind)
    )


_KINDS: dict[str, dict[str, Lister]] = {
    "ec2": {
        "vpcs": _own_vpcs,
        "subnets": _subnets,
        "security groups": _security_groups,
        "route tables": _route_tables,
        "instances": _instances,
        "internet gateways": lambda ec2: ec2.internet_gateways,
        "NAT gateways": lambda ec2: (
            nat.id for nat in ec2.nat_gateways.values() if nat.state != "deleted"
        ),
        "addresses": lambda ec2: (one.allocation_id for one in ec2.addresses),
        "network interfaces": _interfaces,
        "VPC endpoints": lambda ec2: ec2.vpc_end_points,
        "launch templates": lambda ec2: ec2.launch_templates,
        "key pairs": lambda ec2: ec2.key_pairs,
        "volumes": lambda ec2: ec2.volumes,
        "snapshots": lambda ec2: (one.id for one in ec2.snapshots.values() if not one.from_ami),
    },
    "eks": {
        "clusters": lambda eks: eks.clusters,
        "node groups": _of_clusters("node_groups"),
        "add-ons": _of_clusters("addons"),
        "access entries": _of_clusters("access_entries"),
        "pod identity associations": _of_clusters("pod_identities"),
    },
    "elb": {"load balancers": lambda elb: elb.load_balancers},
    "fsx": {
        "file systems": lambda fsx: fsx.file_systems,
        "data repository associations": lambda fsx: fsx.associations(),
        "backups": lambda fsx: fsx.backups,
    },
    "efs": {
        "file systems": lambda efs: efs.file_systems_by_id,
        "mount targets": lambda efs: efs.mount_targets_by_id,
        "access points": lambda efs: efs.access_points,
    },
    "s3files": {
        "file systems": lambda s3files: s3files.file_systems,
        "mount targets": lambda s3files: s3files.mount_targets,
        "access points": lambda s3files: s3files.access_points,
    },
    "s3": {"buckets": lambda s3: s3.buckets},
    "iam": {
        "roles": lambda iam: (
            role.name for role in iam.roles.values() if "/aws-service-role/" not in role.path
        ),
        "policies": lambda iam: (
            policy.name
            for policy in iam.managed_policies.values()
            if ":aws:policy/" not in policy.arn
        ),
        "users": lambda iam: iam.users,
        "groups": lambda iam: iam.groups,
        "instance profiles": lambda iam: iam.instance_profiles,
        "OpenID Connect providers": lambda iam: iam.open_id_providers,
    },
    "kms": {
        "keys": lambda kms: (
            key.id
            for key in kms.keys.values()
            if key.key_state != "PendingDeletion"
            and not any(alias.startswith("alias/aws/") for alias in key.aliases)
        ),
        "aliases": lambda kms: (
            alias
            for key in kms.keys.values()
            for alias in key.aliases
            if not alias.startswith("alias/aws/")
        ),
    },
    "sqs": {"queues": lambda sqs: sqs.queues},
    "logs": {"log groups": _log_groups},
    "sagemaker": {
        "training jobs": lambda sagemaker: (
            name for name, job in sagemaker.training_jobs.items() if not job.ended
        ),
        "models": lambda sagemaker: sagemaker._models,
        "endpoints": lambda sagemaker: sagemaker.endpoints,
        "endpoint configurations": lambda sagemaker: sagemaker.endpoint_configs,
    },
}
