"""Rules of the EKS cluster that depend on the account.

Source: EKS API Reference, CreateCluster and CreateAccessEntry.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.cluster_spec import VERSION
from components.spec.errors import ConfigError, Path
from settings.account import Account
from settings.stack import Settings

CLUSTER: Path = ("cluster",)
ENTRIES: Path = (*CLUSTER, "accessEntries")


def creator(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that no entry names a principal that has one: EKS makes one for the creator."""
    new = account.cluster_version is None
    for name, entry in settings.cluster.access_entries.items():
        principal, path = entry.principal_arn, (*ENTRIES, name, "principalArn")
        if new and account.deployer and same_principal(principal, account.deployer):
            rule = "EKS gives who creates the cluster an access entry itself, as administrator"
            yield ConfigError(path, rule, principal, f"remove {name}")
        elif principal in account.others_entries:
            rule = "has an access entry in the cluster already, which this stack did not make"
            remedy = (
                f"remove {name}, or the entry: `aws eks delete-access-entry --cluster-name "
                f"{settings.cluster_name} --principal-arn {principal}`"
            )
            yield ConfigError(path, rule, principal, remedy)


def reached_from_inside(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that Pulumi is not said to run inside a VPC that this update makes."""
    cluster = settings.cluster
    if cluster.existing or cluster.public_access_cidrs or not cluster.deployed_from_inside:
        return
    if account.cluster_version is None:
        rule = "the VPC is new, and Pulumi is not in it: a private API server would not be reached"
        remedy = (
            "name your own address in cluster.publicAccessCidrs for now; remove it once a VPN or "
            "a peering leads into the VPC"
        )
        yield ConfigError((*CLUSTER, "deployedFromInside"), rule, True, remedy)


def same_principal(principal_arn: str, caller_arn: str) -> bool:
    """Return whether a caller, as STS names it, is an IAM user or a session of an IAM role.

    A session's ARN has the role's name without its path: arn:aws:sts::ACCOUNT:assumed-role/NAME/ID.
    """
    caller, principal = caller_arn.split(":", 5), principal_arn.split(":", 5)
    if len(caller) < 6 or len(principal) < 6 or caller[4] != principal[4]:
        return False
    if caller[2] == "sts":
        role = caller[5].split("/")[1]
        return principal[5].startswith("role/") and principal[5].rpartition("/")[2] == role
    return caller_arn == principal_arn


def version_offered(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that EKS offers the version, and that a cluster rises one minor version at a time.

    Source: EKS User Guide, "Update existing cluster to new Kubernetes version".
    """
    value, runs = settings.cluster.version, account.cluster_version
    if settings.cluster.existing is not None:
        return
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
    """Check that extended support is not declined for a version that is in it.

    Source: EKS User Guide, "Disable EKS extended support".
    """
    cluster = settings.cluster
    support = account.kubernetes_versions.get(cluster.version)
    if (
        cluster.existing is None
        and cluster.upgrade_policy == "STANDARD"
        and support == "EXTENDED_SUPPORT"
    ):
        rule = f"Kubernetes {cluster.version} is in extended support, which cannot be declined"
        remedy = "set EXTENDED, or a version in standard support first"
        yield ConfigError(
            (*CLUSTER, "upgradePolicy"), rule, "STANDARD", remedy, ((*CLUSTER, "version"),)
        )


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


IN_ACCOUNT = (version_offered, upgrade_policy, creator, reached_from_inside)
