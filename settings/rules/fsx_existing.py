"""Rules of an FSx for Lustre file system that somebody else made, as it was found.

Sources: FSx for Lustre User Guide, "File system access control with Amazon VPC" (clients are in the
VPC, or in one with a route to it) and "Mounting from an Amazon EC2 instance"; Amazon EC2 API
Reference, DescribeNetworkInterfaces. A VPC of another stack is left out on purpose: its routes are
nobody's here.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from settings.rules.replacement import ALLOWED, is_allowed, permission
from settings.stack import Settings

EXISTING: Path = ("storage", "fsx", "existing")
NETWORK: Path = ("network", "existing")
ZONES: Path = ("network", "zones")


def there(settings: Settings) -> Iterator[ConfigError]:
    """Check that the account has the file system, and that it is one of Lustre."""
    named, looked = _named(settings), settings.found_storage
    if named is not None and looked.is_known and looked.lustre is None:
        rule = "must be a file system of FSx for Lustre that the account has in the Region"
        remedy = f"see `aws fsx describe-file-systems --region {settings.region}`"
        if said := looked.problem:
            remedy += f"; the provider said: {said}"
        yield ConfigError(EXISTING, rule, named, remedy, (("aws:region",),))


def reachable(settings: Settings) -> Iterator[ConfigError]:
    """Check that the file system has network interfaces, by which alone clients reach it."""
    named, found = _named(settings), settings.found_storage.lustre
    if named is not None and found is not None and not found.security_group_ids:
        rule = "its network interfaces are gone: it is being deleted, or has failed"
        remedy = "see `aws fsx describe-file-systems`, and name one that is AVAILABLE"
        yield ConfigError(EXISTING, rule, named, remedy)


def network(settings: Settings) -> Iterator[ConfigError]:
    """Check that the file system is in the VPC of the stack."""
    named, found = _named(settings), settings.found_storage.lustre
    if named is None or found is None:
        return
    if settings.network.existing is not None:
        vpc = settings.existing.network.vpc if settings.existing.network else None
        if vpc is None:
            return
        own: str | None = vpc.id
    else:
        own = settings.deployed.vpc_id
    if own == found.vpc_id:
        return
    rule = f"is in {found.vpc_id}, and the stack is in {own or 'a network of its own'}"
    remedy = f"set network.existing with vpcId {found.vpc_id} and subnets there"
    yield ConfigError(EXISTING, rule, named, remedy, (NETWORK,))


def zone(settings: Settings) -> Iterator[ConfigError]:
    """Check that the network of the stack has the file system's zone."""
    named, found = _named(settings), settings.found_storage.lustre
    if named is None or found is None or any(network(settings)):
        return
    if found.zone not in settings.network.zones:
        rule = f"is in {found.zone}, in which the stack has no subnet"
        where = "network.zones" if settings.network.existing is None else "network.existing"
        yield ConfigError(EXISTING, rule, named, f"add the zone to {where}", (ZONES, NETWORK))


def own_file_system(settings: Settings) -> Iterator[ConfigError]:
    """Check that an update does not delete the stack's own file system for an adopted one."""
    named, store = _named(settings), settings.deployed.file_systems.get("fsx")
    if named is not None and store is not None and not is_allowed(settings, store):
        rule = f"the stack made {store.id}, and would delete it for an adopted file system"
        remedy = f"remove it, or {permission(settings, store)}"
        if named == store.id:
            rule, remedy = "the stack made it itself, and would delete it", "remove it"
        yield ConfigError(EXISTING, rule, named, remedy, (ALLOWED,))


def _named(settings: Settings) -> str | None:
    fsx = settings.storage.used_fsx
    return fsx.existing if fsx is not None else None


RULES = (there, reachable, network, zone, own_file_system)
