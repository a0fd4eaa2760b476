"""EKS Pod Identity: the role of a service account's pods, and its permissions.

The rules are AWS's: an association in the cluster names a role; the role's trust policy must let
pods.eks.amazonaws.com assume the role and tag the session, under its own conditions on the
session's tags; the role's policies must then allow each call. (EKS user guide, "Learn how EKS Pod
Identity grants pods access to AWS services".)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.aws.policy import Context, Decision, Document, Request, decide
from rehearsal.clients.aws import Cloud
from rehearsal.kubernetes.controllers.ttl_cache import TtlCache

SERVICE = "pods.eks.amazonaws.com"
DENIED = {
    Decision.IMPLICIT_DENY: "because no identity-based policy allows the {action} action",
    Decision.EXPLICIT_DENY: "with an explicit deny in an identity-based policy",
}


class NoCredentials(Exception):  # noqa: N818 - as the SDKs call it
    """The pods of a service account get no AWS credentials."""


class AccessDenied(Exception):  # noqa: N818 - as AWS calls it
    """The policies of an identity do not allow a call; the message is worded as by AWS."""


@dataclass(frozen=True)
class Account:
    """Service account of the cluster, and the AWS Region of the cluster."""

    namespace: str
    name: str
    region: str


@dataclass(frozen=True)
class Identity:
    """Role that the pods of a service account have assumed."""

    role_arn: str
    session: str
    documents: tuple[Document, ...]
    tags: Mapping[str, str]

    @property
    def arn(self) -> str:
        """ARN of the assumed role, as AWS names the caller when it refuses a call."""
        role = self.role_arn.rpartition("/")[2]
        account = self.role_arn.split(":")[4]
        return f"arn:aws:sts::{account}:assumed-role/{role}/{self.session}"

    def authorise(self, action: str, resource: str = "*", context: Context | None = None) -> None:
        """Raise AccessDenied, worded as by AWS, unless the role's policies allow the call."""
        keys: dict[str, str | list[str]] = {"aws:PrincipalArn": self.role_arn, **(context or {})}
        keys |= {f"aws:PrincipalTag/{tag}": value for tag, value in self.tags.items()}
        decision = decide(self.documents, Request(action, resource, keys))
        if decision is not Decision.ALLOWED:
            because = DENIED[decision].format(action=action)
            raise AccessDenied(
                f"User: {self.arn} is not authorized to perform: {action} "
                f"on resource: {resource} {because}"
            )


AGENT = "eks-pod-identity-agent"
"""Add-on whose pods hand out credentials on the nodes.

Source: EKS User Guide, "Set up the Amazon EKS Pod Identity Agent".
"""


class PodIdentity:
    """Identities in the emulated account, cached for 3 s by default."""

    def __init__(self, cloud: Cloud, remember_seconds: float = 3.0) -> None:
        self._cloud = cloud
        self._known: TtlCache[Account, Identity] = TtlCache(remember_seconds)

    def of(self, account: Account) -> Identity:
        """Return the identity of a service account's pods.

        Raises:
            NoCredentials: There is no association or no agent, or the role is missing or does not
                trust EKS.
        """
        return self._known.get(account, lambda: self._find(account))

    def _find(self, account: Account) -> Identity:
        eks = self._cloud.client("eks", account.region)
        for cluster in eks.list_clusters()["clusters"]:
            found = eks.list_pod_identity_associations(
                clusterName=cluster, namespace=account.namespace, serviceAccount=account.name
            )["associations"]
            if found and AGENT not in eks.list_addons(clusterName=cluster)["addons"]:
                raise NoCredentials(
                    f"cluster {cluster} has an association for service account {account.namespace}/"
                    f"{account.name}, and no agent that hands out its credentials: install the EKS "
                    f"add-on {AGENT}"
                )
            if found:
                association = eks.describe_pod_identity_association(
                    clusterName=cluster, associationId=found[0]["associationId"]
                )["association"]
                return self._assume(association, cluster, account)
        raise NoCredentials(
            f"no EKS Pod Identity association for service account "
            f"{account.namespace}/{account.name}: create one for it, with a role"
        )

    def _assume(self, association: Document, cluster: str, account: Account) -> Identity:
        role_arn: str = association["roleArn"]
        iam = self._cloud.client("iam", account.region)
        try:
            role = iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
        except ClientError as error:
            raise NoCredentials(f"the associated role {role_arn} does not exist") from error
        arn = self._cloud.arn("eks", account.region, f"cluster/{cluster}")
        tags = {} if association.get("disableSessionTags") else session_tags(arn, account)
        if not trusts(role["AssumeRolePolicyDocument"], tags, arn):
            raise NoCredentials(
                "Unauthorized Exception! EKS does not have permissions to assume the associated "
                f"role {role_arn}: its trust policy must let {SERVICE} do sts:AssumeRole and "
                f"sts:TagSession for service account {account.namespace}/{account.name}"
            )
        documents = tuple(_documents(iam, role["RoleName"]))
        return Identity(role_arn, f"eks-{cluster}-{account.name}"[:64], documents, tags)


def session_tags(cluster_arn: str, account: Account) -> dict[str, str]:
    """Return the tags that EKS adds to every Pod Identity session."""
    return {
        "eks-cluster-arn": cluster_arn,
        "eks-cluster-name": cluster_arn.rpartition("/")[2],
        "kubernetes-namespace": account.namespace,
        "kubernetes-service-account": account.name,
    }


def trusts(document: Document, tags: Mapping[str, str], cluster_arn: str) -> bool:
    """Return True if a trust policy lets EKS assume the role for a session with these tags."""
    context: dict[str, str | list[str]] = {f"aws:RequestTag/{tag}": tags[tag] for tag in tags}
    context |= {
        "aws:TagKeys": list(tags),
        "aws:SourceAccount": cluster_arn.split(":")[4],
        "aws:SourceArn": cluster_arn,
    }
    actions = ("sts:AssumeRole", "sts:TagSession") if tags else ("sts:AssumeRole",)
    return all(
        decide([document], Request(action, "*", context, SERVICE)) is Decision.ALLOWED
        for action in actions
    )


def _documents(iam: Any, role: str) -> list[Document]:
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        held = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        documents.append(held["Document"])
    return documents
