"""Rules of a VPC and subnets that exist, as they were found before anything is created.

Sources: EKS User Guide, "VPC and subnet requirements" (zones, free addresses, DNS) and "Managed
node groups" (public subnets); EFS API Reference, CreateMountTarget (one in a zone); SageMaker
Developer Guide, "Give SageMaker AI Training Jobs Access to Resources in Your Amazon VPC" (way to
S3, no public addresses); EFS and FSx for Lustre User Guides, mounting by DNS name.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.found_network import FoundNetwork, FoundSubnet
from components.spec.errors import NOT_SET, ConfigError, Path
from settings.rules.zones import WITHOUT_EKS
from settings.stack import Settings

EXISTING: Path = ("network", "existing")
VPC: Path = (*EXISTING, "vpcId")
SUBNETS: Path = (*EXISTING, "subnetIds")
CLUSTER: Path = ("cluster", "existing")
GROUPS: Path = ("nodeGroups",)

ADDRESSES_OF_EKS = 6
"""Free addresses that EKS needs in each subnet of a control plane."""


def named(settings: Settings) -> Iterator[ConfigError]:
    """Check that the network is named where no cluster tells it."""
    spec = settings.network.existing
    if spec is not None and spec.names_nothing and settings.cluster.existing is None:
        rule = "must name a VPC and its subnets: there is no existing cluster that tells them"
        remedy = "set vpcId (or tags) and subnetIds (or subnetTags), or remove existing"
        yield ConfigError(EXISTING, rule, {}, remedy, (CLUSTER,))


def vpc_exists(settings: Settings) -> Iterator[ConfigError]:
    """Check that the Region has the VPC, and one only."""
    spec, found = settings.network.existing, settings.existing.network
    if spec is None or found is None or found.vpc is not None or found.of_cluster:
        return
    see = f"see `aws ec2 describe-vpcs --region {settings.region}`"
    if found.vpcs:
        rule = f"the tags must be those of one VPC, and {len(found.vpcs)} have them"
        remedy = f"add a tag, or set vpcId to {' or '.join(one.id for one in found.vpcs)}"
        yield ConfigError((*EXISTING, "tags"), rule, dict(spec.tags), remedy)
    elif spec.tags:
        rule = "the tags must be those of a VPC that the account has in the Region"
        yield ConfigError((*EXISTING, "tags"), rule, dict(spec.tags), see)
    else:
        rule = "must be a VPC that the account has in the Region"
        yield ConfigError(VPC, rule, spec.vpc_id, see, (("aws:region",),))


def subnets_exist(settings: Settings) -> Iterator[ConfigError]:
    """Check that the Region has the subnets, and that they are of the VPC."""
    spec, found = settings.network.existing, settings.existing.network
    if spec is None or found is None or found.of_cluster:
        return
    vpc = found.vpc
    see = f"see `aws ec2 describe-subnets --region {settings.region}`"
    of = {one.id: one.vpc_id for one in found.subnets}
    for i, subnet in enumerate(spec.subnet_ids):
        if subnet in found.missing_subnets:
            rule = "must be a subnet that the account has in the Region"
            yield ConfigError((*SUBNETS, i), rule, subnet, see, (("aws:region",),))
        elif vpc is not None and subnet in of and of[subnet] != vpc.id:
            rule = f"must be a subnet of the VPC in vpcId, and is one of {of[subnet]}"
            remedy = f"name one of that VPC, or set vpcId to {of[subnet]}"
            yield ConfigError((*SUBNETS, i), rule, subnet, remedy, (VPC,))
    if spec.subnet_tags and vpc is not None and not found.subnets:
        rule = "the tags must be those of subnets of the VPC"
        yield ConfigError((*EXISTING, "subnetTags"), rule, dict(spec.subnet_tags), see, (VPC,))


def one_subnet_in_each_zone(settings: Settings) -> Iterator[ConfigError]:
    """Check that a zone has one of the named subnets: EFS has one mount target in a zone."""
    found = settings.existing.network
    if found is None or found.of_cluster:
        return
    zones: dict[str, list[str]] = {}
    for one in found.subnets:
        zones.setdefault(one.zone, []).append(one.id)
    for zone, several in zones.items():
        if len(several) > 1:
            rule = (
                f"each zone has one subnet, because EFS mounts by one, and {zone} would have more"
            )
            remedy = f"name one of them only, such as {found.by_zone()[zone].id}"
            yield ConfigError(_subnets_key(settings), rule, several, remedy)


def enough_zones(settings: Settings) -> Iterator[ConfigError]:
    """Check that a control plane of the stack gets subnets in two zones, and where EKS takes some.

    An existing cluster has its own subnets.
    """
    found = settings.existing.network
    if found is None or settings.cluster.existing is not None or not found.subnets:
        return
    zones = found.by_zone()
    if len(zones) < 2:
        rule = "EKS needs subnets in at least two zones"
        remedy = f"name a subnet in another zone than {', '.join(zones)} too"
        yield ConfigError(_subnets_key(settings), rule, [*zones], remedy)
    for zone, one in zones.items():
        if one.zone_id in WITHOUT_EKS:
            rule = f"EKS takes no subnets in {one.zone_id}, which {zone} is in your account"
            remedy = "name a subnet in another zone instead"
            yield ConfigError(_subnets_key(settings), rule, one.id, remedy)


def dns(settings: Settings) -> Iterator[ConfigError]:
    """Check that the names of file systems and of the API server resolve in the VPC."""
    found = settings.existing.network
    vpc = found.vpc if found is not None else None
    if vpc is None:
        return
    for works, attribute, option in (
        (vpc.dns_support, "DNS support", "--enable-dns-support"),
        (vpc.dns_hostnames, "DNS hostnames", "--enable-dns-hostnames"),
    ):
        if not works:
            rule = f"{attribute} must be on: file systems are mounted by names of the VPC's DNS"
            remedy = (
                f"have the owner of the VPC run `aws ec2 modify-vpc-attribute --vpc-id {vpc.id} "
                f"{option}`"
            )
            yield ConfigError(_vpc_key(settings), rule, vpc.id, remedy)


def ways_of_nodes(settings: Settings) -> Iterator[ConfigError]:
    """Check that the stack's own nodes reach the registries that their images come from."""
    zones = _found_zones(settings)
    for name, group in settings.node_groups.items():
        if "subnets" in group.model_fields_set and settings.network.existing is not None:
            rule = "nodes are in the subnets of network.existing, be they private or public"
            path: Path = (*GROUPS, name, "subnets")
            yield ConfigError(path, rule, group.subnets, "remove it", (EXISTING,))
        for zone in group.zones or zones:
            one = zones.get(zone)
            if one is not None and not one.has_default_route:
                rule = "nodes reach no registry from a subnet without a default route"
                remedy = "name a subnet with a route to a NAT gateway, or leave the zone out"
                yield ConfigError((*GROUPS, name, "zones"), rule, zone, remedy, (SUBNETS,))
            elif one is not None and one.is_public and not one.assigns_public_addresses:
                rule = "EKS refuses nodes in a public subnet that assigns no public addresses"
                remedy = "name a private subnet, or one that assigns public addresses"
                yield ConfigError((*GROUPS, name, "zones"), rule, zone, remedy, (SUBNETS,))


def ways_of_training_jobs(settings: Settings) -> Iterator[ConfigError]:
    """Check that training jobs reach S3: their interfaces have no public addresses."""
    if not settings.training.jobs:
        return
    for one in _found_zones(settings).values():
        through_nat = one.has_default_route and not one.is_public
        if not one.has_s3_endpoint and not through_nat:
            rule = "training jobs reach S3 from it neither by NAT nor by a gateway endpoint"
            remedy = "add an S3 gateway endpoint to its route table, or name another subnet"
            yield ConfigError(_subnets_key(settings), rule, one.id, remedy, (("training",),))


def free_addresses(settings: Settings) -> Iterator[ConfigError]:
    """Check that subnets have addresses for what the stack puts into them first."""
    deployed = settings.deployed.subnets
    needed = 1 if settings.cluster.existing is not None else ADDRESSES_OF_EKS
    for zone, one in _found_zones(settings).items():
        if one.id not in deployed and one.free_addresses < needed:
            what = "a mount target or a file system" if needed == 1 else "an EKS control plane"
            rule = f"{what} needs {needed} free addresses in the subnet in {zone}"
            remedy = "name a larger subnet, or free some addresses"
            yield ConfigError(_subnets_key(settings), rule, one.free_addresses, remedy)


def s3_by_nat(settings: Settings) -> Iterator[ConfigError]:
    """Warn of subnets from which all data of S3 goes through a NAT gateway, which is charged."""
    without = [
        one.id
        for one in _found_zones(settings).values()
        if not one.has_s3_endpoint and one.has_default_route and not one.is_public
    ]
    if without:
        rule = "has no S3 gateway endpoint, so that NAT is charged for all data of S3"
        remedy = "have the owner of the VPC add one, which costs nothing"
        yield ConfigError(EXISTING, rule, without, remedy)


def network_kept(settings: Settings) -> Iterator[ConfigError]:
    """Check that a deployed stack stays in its network: nothing in it can move to another."""
    deployed, found = settings.deployed, settings.existing.network
    vpc = found.vpc if found is not None else None
    wants = settings.network.existing is not None
    if deployed.vpc_cidr is not None and wants:
        rule = "the stack made its own network, and would replace all that is in it"
        remedy = "remove existing, or destroy the stack first"
        yield ConfigError(EXISTING, rule, vpc.id if vpc else NOT_SET, remedy)
    elif deployed.existing_vpc is not None and not wants:
        rule = f"the stack is in {deployed.existing_vpc}, and would replace all that is in it"
        remedy = f"name {deployed.existing_vpc} in network.existing, or destroy the stack first"
        yield ConfigError(EXISTING, rule, NOT_SET, remedy)
    elif vpc is not None and deployed.existing_vpc not in (None, vpc.id):
        rule = f"the stack is in {deployed.existing_vpc}, and would replace all that is in it"
        remedy = f"name {deployed.existing_vpc}, or destroy the stack first"
        yield ConfigError(_vpc_key(settings), rule, vpc.id, remedy)


def _found_zones(settings: Settings) -> dict[str, FoundSubnet]:
    found: FoundNetwork | None = settings.existing.network
    return found.by_zone(settings.deployed.subnets) if found is not None else {}


def _subnets_key(settings: Settings) -> Path:
    """Return the key that the subnets were chosen by."""
    spec = settings.network.existing
    if spec is None or spec.names_nothing:
        return CLUSTER
    return (*EXISTING, "subnetTags") if spec.subnet_tags else SUBNETS


def _vpc_key(settings: Settings) -> Path:
    spec = settings.network.existing
    if spec is None or spec.names_nothing:
        return CLUSTER
    return (*EXISTING, "tags") if spec.tags else VPC


RULES = (
    named,
    vpc_exists,
    subnets_exist,
    one_subnet_in_each_zone,
    enough_zones,
    dns,
    ways_of_nodes,
    ways_of_training_jobs,
    free_addresses,
    network_kept,
)
WARNINGS = (s3_by_nat,)
