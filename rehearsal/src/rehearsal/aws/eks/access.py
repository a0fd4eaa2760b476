"""API calls of EKS for access entries and access policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from rehearsal.aws import identity
from rehearsal.aws.eks import catalogue
from rehearsal.aws.eks.models import AccessEntry, Cluster, EKSCalls, in_use, invalid, not_found
from rehearsal.aws.service import Refusal

# Prefixes of the groups and users that only Kubernetes and EKS themselves assign.
# Source: EKS API Reference, CreateAccessEntry.
RESERVED = ("system:", "eks:", "aws:", "amazon:", "iam:")


class AccessCalls(EKSCalls):
    """CreateAccessEntry, AssociateAccessPolicy and the related calls."""

    def create_access_entry(self) -> ActionResult:
        """Create an access entry; a repeated token returns the entry created before."""
        made: AccessEntry = self.eks.tokens.once(
            self.given, "clientRequestToken", self._create_access_entry, self.token_refused
        )
        return ActionResult({"accessEntry": made.describe()})

    def describe_access_entry(self) -> ActionResult:
        """Describe the access entry of a principal."""
        return ActionResult({"accessEntry": self._entry().describe()})

    def list_access_entries(self) -> ActionResult:
        """List the principals of a cluster's access entries, all or those that have a policy."""
        policy = self.given.get("associatedPolicyArn")
        principals = [
            principal
            for principal, entry in self._cluster_with_entries().access_entries.items()
            if policy is None or policy in entry.policies
        ]
        return self.page("accessEntries", principals)

    def update_access_entry(self) -> ActionResult:
        """Change the groups or the user name of an access entry."""
        entry = self._entry()
        self._check_names()
        changed = {k: self.given[k] for k in ("kubernetesGroups", "username") if k in self.given}
        entry.description |= changed | {"modifiedAt": utcnow()}
        return ActionResult({"accessEntry": entry.describe()})

    def delete_access_entry(self) -> ActionResult:
        """Delete an access entry and the policies associated with it."""
        self.eks.tokens.forget(self._entry())
        del self.cluster().access_entries[self.given["principalArn"]]
        return EmptyResult()

    def list_access_policies(self) -> ActionResult:
        """List the access policies that exist."""
        return self.page("accessPolicies", catalogue.access_policies(self.partition))

    def associate_access_policy(self) -> ActionResult:
        """Associate a policy with an access entry; a repetition changes its scope."""
        entry, policy = self._entry(), self.given["policyArn"]
        if policy not in [one["arn"] for one in catalogue.access_policies(self.partition)]:
            raise invalid(f"The policyArn parameter format is not valid: {policy}")
        if entry.description["type"] != "STANDARD":
            raise Refusal(
                "InvalidRequestException",
                f"Access policies can't be associated with entries of type "
                f"{entry.description['type']}.",
            )
        scope = {"namespaces": []} | self.given["accessScope"]
        if (scope["type"] == "namespace") != bool(scope["namespaces"]):
            raise invalid("Namespaces are given with an access scope of type namespace, and only.")
        first = entry.policies.get(policy, {"associatedAt": utcnow()})["associatedAt"]
        entry.policies[policy] = {
            "policyArn": policy,
            "accessScope": scope,
            "associatedAt": first,
            "modifiedAt": utcnow(),
        }
        return ActionResult({**self._asked(), "associatedAccessPolicy": entry.policies[policy]})

    def disassociate_access_policy(self) -> ActionResult:
        """Disassociate a policy from an access entry."""
        entry, policy = self._entry(), self.given["policyArn"]
        if policy not in entry.policies:
            raise not_found(f"The access policy {policy} is not associated with the entry.")
        del entry.policies[policy]
        return EmptyResult()

    def list_associated_access_policies(self) -> ActionResult:
        """List the policies of an access entry."""
        return ActionResult(
            {**self._asked(), "associatedAccessPolicies": list(self._entry().policies.values())}
        )

    def _asked(self) -> dict[str, str]:
        return {key: self.given[key] for key in ("clusterName", "principalArn")}

    def _create_access_entry(self) -> AccessEntry:
        cluster, principal = self._cluster_with_entries(), self.given["principalArn"]
        if principal in cluster.access_entries:
            raise in_use(
                "The specified access entry resource is already in use on this cluster.",
                clusterName=cluster.name,
            )
        if not identity.principal_exists(self.current_account, principal):
            raise invalid(f"The specified principalArn is invalid: invalid principal. {principal}")
        self._check_names()
        return new_access_entry(cluster, self.new_arn, principal, self.given)

    def _cluster_with_entries(self) -> Cluster:
        cluster = self.cluster()
        if cluster.description["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
            raise Refusal(
                "InvalidRequestException",
                "The cluster's authentication mode must be set to one of [API, "
                "API_AND_CONFIG_MAP] to perform this operation.",
            )
        return cluster

    def _check_names(self) -> None:
        groups = self.given.get("kubernetesGroups") or []
        named = [("group", group) for group in groups]
        if "username" in self.given:
            named.append(("user", self.given["username"]))
        for kind, name in named:
            if name.startswith(RESERVED):
                raise invalid(
                    f"The kubernetes {kind} name {name} is invalid, it can't start with "
                    f"{name.split(':')[0]}:"
                )

    def _entry(self) -> AccessEntry:
        cluster, principal = self._cluster_with_entries(), self.given["principalArn"]
        if found := cluster.access_entries.get(principal):
            return found
        raise not_found(
            f"The specified principalArn could not be found: {principal}", clusterName=cluster.name
        )


def new_access_entry(
    cluster: Cluster,
    new_arn: Callable[..., str],
    principal: str,
    settings: Mapping[str, Any],
) -> AccessEntry:
    """Add an access entry to a cluster.

    Args:
        cluster: The cluster.
        new_arn: Function that returns an ARN for a kind and a path.
        principal: ARN of a role or user.
        settings: Mapping with type, username, kubernetesGroups and tags; each has a default.
    """
    type_ = settings.get("type", "STANDARD")
    arn = new_arn("access-entry", cluster.name, principal.split(":", 5)[5], str(uuid4()))
    nodes = type_.startswith("EC2")
    description = {
        "clusterName": cluster.name,
        "principalArn": principal,
        "kubernetesGroups": ["system:nodes"] if nodes else settings.get("kubernetesGroups") or [],
        "accessEntryArn": arn,
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "tags": settings.get("tags") or {},
        "username": settings.get("username") or _username(principal, nodes=nodes),
        "type": type_,
    }
    cluster.access_entries[principal] = AccessEntry(arn, description)
    return cluster.access_entries[principal]


def _username(principal: str, *, nodes: bool) -> str:
    """Return the default Kubernetes user name of a principal."""
    if nodes:
        return "system:node:{{EC2PrivateDNSName}}"
    if ":role/" not in principal:
        return principal
    session = principal.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    return f"{session}/{{{{SessionName}}}}"
