"""Rules of the EKS cluster.

Source: EKS API Reference, CreateCluster, CreateAddon and CreateAccessEntry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from settings.account import Account
from settings.rules.names import label_errors
from settings.stack import Settings

CLUSTER: Path = ("cluster",)
ENTRIES: Path = (*CLUSTER, "accessEntries")

VERSION = re.compile(r"1\.[1-9]\d", re.ASCII)
ADDON_VERSION = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+", re.ASCII)
PRINCIPAL = re.compile(
    r"arn:aws[\w-]*:iam::\d{12}:(role|user)/([\w+=,.@-]+/)*[\w+=,.@-]+", re.ASCII
)
NAMESPACE_PATTERN = re.compile(r"[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?")
"""A namespace, or several by asterisks, as an access scope names them."""


def version(settings: Settings) -> Iterator[ConfigError]:
    """A version has a major and a minor part."""
    value = settings.cluster.version
    if not VERSION.fullmatch(value):
        rule = "must be a Kubernetes version of EKS: major and minor, such as 1.36"
        remedy = "see `aws eks describe-cluster-versions`"
        yield ConfigError((*CLUSTER, "version"), rule, value, remedy)


def access_entries(settings: Settings) -> Iterator[ConfigError]:
    """An access entry is of an IAM role or user, and becomes part of a resource's name."""
    entries, path = settings.cluster.access_entries, ENTRIES
    yield from label_errors(path, entries, longest=40)
    for name, entry in entries.items():
        if not PRINCIPAL.fullmatch(entry.principal_arn):
            rule = "must be the ARN of an IAM role or user"
            remedy = "write arn:aws:iam::ACCOUNT:role/NAME (the role's, not a session's)"
            yield ConfigError((*path, name, "principalArn"), rule, entry.principal_arn, remedy)


def access_namespaces(settings: Settings) -> Iterator[ConfigError]:
    """A scope names namespaces, each once."""
    for name, entry in settings.cluster.access_entries.items():
        for i, namespace in enumerate(entry.namespaces):
            path = (*ENTRIES, name, "namespaces", i)
            if not NAMESPACE_PATTERN.fullmatch(namespace):
                rule = "must be a namespace: at most 63 lower-case letters, digits and hyphens"
                remedy = "correct it; without namespaces, the policy holds in all"
                yield ConfigError(path, rule, namespace, remedy)
            elif namespace in entry.namespaces[:i]:
                yield ConfigError(path, "must be named once", namespace, "remove it")


def principals_once(settings: Settings) -> Iterator[ConfigError]:
    """EKS keeps one access entry for a principal."""
    named: dict[str, str] = {}
    for name, entry in settings.cluster.access_entries.items():
        first = named.setdefault(entry.principal_arn, name)
        if first != name:
            path = (*ENTRIES, name, "principalArn")
            rule = f"a principal has one access entry, and {first} is this one's"
            remedy = f"remove {name}, or name another role"
            yield ConfigError(path, rule, entry.principal_arn, remedy, ((*ENTRIES, first),))


def creator(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """EKS makes the access entry of the principal that creates the cluster itself."""
    new = account.cluster_version is None
    for name, entry in settings.cluster.access_entries.items():
        principal, path = entry.principal_arn, (*ENTRIES, name, "principalArn")
        if new and account.deployer and same_principal(principal, account.deployer):
            rule = "EKS gives who creates the cluster an access entry itself, as administrator"
            yield ConfigError(path, rule, principal, f"remove {name}")
        elif principal in account.untagged_entries:
            rule = "has an access entry in the cluster already, which this stack did not make"
            remedy = (
                f"remove {name}, or the entry: `aws eks delete-access-entry --cluster-name "
                f"{settings.cluster_name} --principal-arn {principal}`"
            )
            yield ConfigError(path, rule, principal, remedy)


def reached_from_inside(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """A network that this update makes leads nowhere yet, so that nothing is inside of it."""
    if settings.cluster.public_access_cidrs or not settings.cluster.deployed_from_inside:
        return
    if account.cluster_version is None:
        rule = "the VPC is new, and Pulumi is not in it: a private API server would not be reached"
        remedy = (
            "name your own address in cluster.publicAccessCidrs for now; remove it once a VPN or "
            "a peering leads into the VPC"
        )
        yield ConfigError((*CLUSTER, "deployedFromInside"), rule, True, remedy)


def same_principal(principal_arn: str, caller_arn: str) -> bool:
    """Whether a caller, as STS names it, is an IAM user or a session of an IAM role.

    A session's ARN has the role's name without its path: arn:aws:sts::ACCOUNT:assumed-role/NAME/ID.
    """
    caller, principal = caller_arn.split(":", 5), principal_arn.split(":", 5)
    if len(caller) < 6 or len(principal) < 6 or caller[4] != principal[4]:
        return False
    if caller[2] == "sts":
        role = caller[5].split("/")[1]
        return principal[5].startswith("role/") and principal[5].rpartition("/")[2] == role
    return caller_arn == principal_arn


def addon_versions(settings: Settings) -> Iterator[ConfigError]:
    """A pinned add-on is pinned to one build."""
    for name, addon in settings.cluster.addons.items():
        if addon.version is not None and not ADDON_VERSION.fullmatch(addon.version):
            rule = "must be a whole add-on version, such as v1.11.4-eksbuild.2"
            remedy = f"see `aws eks describe-addon-versions --addon-name {name}`"
            yield ConfigError((*CLUSTER, "addons", name, "version"), rule, addon.version, remedy)


def version_offered(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """A cluster runs a version that EKS offers, and goes up one minor version at a time.

    Source: EKS User Guide, "Update existing cluster to new Kubernetes version".
    """
    value, runs = settings.cluster.version, account.cluster_version
    if not VERSION.fullmatch(value) or value == runs:
        return
    path, offered = (*CLUSTER, "version"), sorted(account.kubernetes_versions, key=_minor)
    if runs is None:
        if value not in offered:
            rule = "must be a Kubernetes version that EKS offers"
            yield ConfigError(path, rule, value, f"choose from {', '.join(offered)}")
        return
    above = [one for one in offered if _minor(one) == _minor(runs) + 1]
    steps = f"{runs}, which it runs" + (f", or {above[0]}" if above else "")
    if _minor(value) < _minor(runs):
        rule = f"must not be below what the cluster runs, {runs}: EKS has no way back"
        yield ConfigError(path, rule, value, f"set {steps}")
    elif value not in above:
        rule = f"may rise by one minor version at a time, and the cluster runs {runs}"
        if value not in offered:
            rule = "must be a Kubernetes version that EKS offers"
        yield ConfigError(path, rule, value, f"set {steps}")


def upgrade_policy(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Extended support cannot be declined for a version that is in it.

    Source: EKS User Guide, "Disable EKS extended support".
    """
    cluster = settings.cluster
    support = account.kubernetes_versions.get(cluster.version)
    if cluster.upgrade_policy == "STANDARD" and support == "EXTENDED_SUPPORT":
        rule = f"Kubernetes {cluster.version} is in extended support, which cannot be declined"
        remedy = "set EXTENDED, or a version in standard support first"
        yield ConfigError(
            (*CLUSTER, "upgradePolicy"), rule, "STANDARD", remedy, ((*CLUSTER, "version"),)
        )


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


RULES = (version, access_entries, access_namespaces, principals_once, addon_versions)
IN_ACCOUNT = (version_offered, upgrade_policy, creator, reached_from_inside)
