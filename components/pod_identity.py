"""AWS permissions for the pods of one Kubernetes service account."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.account import account_id
from components.iam import Document, managed_policy_arn, trust

MAX_PREFIX_LENGTH = 38
"""Characters of a role's name prefix: IAM takes 64, and the provider adds 26."""


class PodIdentityArgs(TypedDict):
    """Arguments of `PodIdentity`."""

    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    namespace: pulumi.Input[str]
    """Namespace of the service account."""
    service_account: str
    """Name of the service account, which need not exist yet."""
    policies: NotRequired[Sequence[Document]]
    """Permissions of its pods, as IAM policy documents."""
    managed_policies: NotRequired[Sequence[str]]
    """Paths of policies that AWS manages, such as service-role/AmazonEFSCSIDriverPolicy."""
    role_name: NotRequired[str]
    """Beginning of the role's name; the name of the component by default. Another one replaces the
    role."""


class PodIdentity(pulumi.ComponentResource):
    """A role, and its association with one service account of one cluster.

    EKS injects the credentials when a pod is created, so pods must depend on this component.
    """

    role: aws.iam.Role
    """Role that the pods take on."""

    def __init__(
        self, name: str, args: PodIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:cluster:PodIdentity", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        trusted = pod_trust(
            args["cluster_name"], args["namespace"], args["service_account"], account_id()
        )
        self.role = aws.iam.Role(
            f"{name}-role",
            # Not by Pulumi's own naming, which refuses a long name instead of shortening it.
            name_prefix=f"{args.get('role_name', name)[: MAX_PREFIX_LENGTH - 1]}-",
            description=f"Pods of service account {args['service_account']}",
            assume_role_policy=pulumi.Output.json_dumps(trusted),
            opts=child,
        )
        aws.eks.PodIdentityAssociation(
            f"{name}-association",
            cluster_name=args["cluster_name"],
            namespace=args["namespace"],
            service_account=args["service_account"],
            role_arn=self.role.arn,
            # EKS has one association of a service account. Were the old one deleted last, it would
            # be in the way of an update that goes back after a failed one.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        for path in args.get("managed_policies", ()):
            aws.iam.RolePolicyAttachment(
                f"{name}-{path.rsplit('/', maxsplit=1)[-1]}",
                role=self.role.name,
                policy_arn=managed_policy_arn(path),
                opts=child,
            )
        for number, policy in enumerate(args.get("policies", ())):
            aws.iam.RolePolicy(
                f"{name}-policy-{number}",
                role=self.role.name,
                policy=pulumi.Output.json_dumps(policy),
                opts=child,
            )
        self.register_outputs({"roleArn": self.role.arn})


def pod_trust(
    cluster_name: pulumi.Input[str],
    namespace: pulumi.Input[str],
    service_account: str,
    account: pulumi.Input[str],
) -> Document:
    """Return trust in EKS Pod Identity, for one service account of one cluster of one account.

    Source: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    """
    return trust(
        "pods.eks.amazonaws.com",
        ["sts:AssumeRole", "sts:TagSession"],
        {
            "StringEquals": {
                "aws:SourceAccount": account,
                "aws:RequestTag/eks-cluster-name": cluster_name,
                "aws:RequestTag/kubernetes-namespace": namespace,
                "aws:RequestTag/kubernetes-service-account": service_account,
            }
        },
    )
