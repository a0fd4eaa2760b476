"""AWS permissions for the pods of one Kubernetes service account."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.policies import Document, account_id, managed_policy_arn, trust

LONGEST_PREFIX = 38
"""What is left of the 64 characters of a role's name by the 26 that make it the only one."""


class PodIdentityArgs(TypedDict):
    """Whose pods may do what."""

    cluster_name: pulumi.Input[str]
    """The EKS cluster."""
    namespace: pulumi.Input[str]
    """The service account's namespace."""
    service_account: str
    """The service account's name; it need not exist yet."""
    policies: list[Document]
    """What its pods may do, as IAM policy documents."""
    managed_policies: list[str]
    """Paths of policies that AWS manages, as service-role/AmazonEFSCSIDriverPolicy."""


class PodIdentity(pulumi.ComponentResource):
    """A role, and its association with one service account of one cluster.

    EKS injects the credentials when a pod is created, so pods must come after `ready`.
    """

    role: aws.iam.Role
    ready: list[pulumi.Resource]
    """The association and the permissions."""

    def __init__(
        self, name: str, args: PodIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:cluster:PodIdentity", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            # Not by Pulumi's own naming, which refuses a long name instead of shortening it.
            name_prefix=f"{name[: LONGEST_PREFIX - 1]}-",
            description=f"Pods of service account {args['service_account']}",
            assume_role_policy=pulumi.Output.json_dumps(pod_trust(args, account_id())),
            opts=self._child,
        )
        association = aws.eks.PodIdentityAssociation(
            f"{name}-association",
            cluster_name=args["cluster_name"],
            namespace=args["namespace"],
            service_account=args["service_account"],
            role_arn=self.role.arn,
            opts=self._child,
        )
        self.ready = [association, *self._permissions()]
        self.register_outputs({"roleArn": self.role.arn})

    def _permissions(self) -> list[pulumi.Resource]:
        """The policies on the role."""
        managed = [
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{path.rsplit('/', maxsplit=1)[-1]}",
                role=self.role.name,
                policy_arn=managed_policy_arn(path),
                opts=self._child,
            )
            for path in self._args["managed_policies"]
        ]
        own = [
            aws.iam.RolePolicy(
                f"{self._name}-policy-{number}",
                role=self.role.name,
                policy=pulumi.Output.json_dumps(policy),
                opts=self._child,
            )
            for number, policy in enumerate(self._args["policies"])
        ]
        return [*managed, *own]


def pod_trust(args: PodIdentityArgs, account: pulumi.Input[str]) -> Document:
    """Trust in EKS Pod Identity, for one service account of one cluster of one account only.

    Source: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    """
    return trust(
        "pods.eks.amazonaws.com",
        ["sts:AssumeRole", "sts:TagSession"],
        {
            "StringEquals": {
                "aws:SourceAccount": account,
                "aws:RequestTag/eks-cluster-name": args["cluster_name"],
                "aws:RequestTag/kubernetes-namespace": args["namespace"],
                "aws:RequestTag/kubernetes-service-account": args["service_account"],
            }
        },
    )
