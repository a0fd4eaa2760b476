"""Rules of the EKS cluster.

Sources: EKS User Guide, "Cluster API server endpoint"; EKS API Reference, CreateCluster,
CreateAddon and CreateAccessEntry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from settings.faults import Fault, Path
from settings.rules.names import label_faults
from settings.stack import Settings

CLUSTER: Path = ("cluster",)
CIDRS: Path = (*CLUSTER, "publicAccessCidrs")

VERSION = re.compile(r"1\.[1-9]\d")
ADDON_VERSION = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+")
PRINCIPAL = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+")
MOST_CIDRS = 40
INTERNAL = [IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def version(settings: Settings) -> Iterator[Fault]:
    """A version has a major and a minor part."""
    value = settings.cluster.version
    if not VERSION.fullmatch(value):
        rule = "must be a Kubernetes version of EKS: major and minor, such as 1.34"
        remedy = "see `aws eks describe-cluster-versions`"
        yield Fault((*CLUSTER, "version"), rule, value, remedy)


def public_access(settings: Settings) -> Iterator[Fault]:
    """The API server is open to named networks, never to everyone."""
    for i, value in enumerate(settings.cluster.public_access_cidrs):
        path = (*CIDRS, i)
        try:
            block = IPv4Network(value)
        except ValueError:
            rule = "must be an IPv4 network in CIDR notation"
            yield Fault(path, rule, value, "set for instance 198.51.100.7/32")
            continue
        if block.prefixlen == 0:
            rule = "the API server must not be open to the whole internet"
            yield Fault(path, rule, value, "name your own addresses, such as 198.51.100.7/32")
        elif any(block.subnet_of(internal) for internal in INTERNAL):
            rule = "must be public addresses: the VPC's own reach the private endpoint anyway"
            yield Fault(path, rule, value, "remove it")


def public_access_count(settings: Settings) -> Iterator[Fault]:
    """EKS takes so many networks."""
    count = len(settings.cluster.public_access_cidrs)
    if count > MOST_CIDRS:
        yield Fault(CIDRS, f"must have at most {MOST_CIDRS} networks", count, "merge some")


def access_entries(settings: Settings) -> Iterator[Fault]:
    """An access entry is of an IAM role or user, and becomes part of a resource's name."""
    entries, path = settings.cluster.access_entries, (*CLUSTER, "accessEntries")
    yield from label_faults(path, entries, longest=40)
    for name, entry in entries.items():
        if not PRINCIPAL.fullmatch(entry.principal_arn):
            rule = "must be the ARN of an IAM role or user"
            remedy = "write arn:aws:iam::ACCOUNT:role/NAME (the role's, not a session's)"
            yield Fault((*path, name, "principalArn"), rule, entry.principal_arn, remedy)


def addon_versions(settings: Settings) -> Iterator[Fault]:
    """A pinned add-on is pinned to one build."""
    for name, addon in settings.cluster.addons.items():
        if addon.version is not None and not ADDON_VERSION.fullmatch(addon.version):
            rule = "must be a whole add-on version, such as v1.11.4-eksbuild.2"
            remedy = f"see `aws eks describe-addon-versions --addon-name {name}`"
            yield Fault((*CLUSTER, "addons", name, "version"), rule, addon.version, remedy)


RULES = (version, public_access, public_access_count, access_entries, addon_versions)
