"""AWS IAM: the managed policies of AWS, and errors for policies in use."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, cast

from moto.iam import models
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, iam_backends
from werkzeug.exceptions import Forbidden

from rehearsal.aws.backends import unnoted
from rehearsal.aws.refusals import query_error
from rehearsal.aws.replacement import use_backend


def install() -> None:
    """Replace moto's IAM with this one."""
    use_backend(iam_backends, IAM)
    # moto calls this for every call of any service, for the time at which a key was last used. That
    # time alone is no reason to save IAM, as AWS too tells it late.
    vars(models)["mark_account_as_visited"] = unnoted()(models.mark_account_as_visited)


class IAM(IAMBackend):
    """IAM of the account."""

    def _init_aws_policies(self) -> list[ManagedPolicy]:
        """Return the AWS managed policies, attached to nothing.

        The 1,600 policies are created once in a process. Two backends never share them: a partition
        has one backend, and the next backend replaces it.
        """
        policies = list(_aws_policies(self.account_id, self.partition).values())
        for policy in policies:
            policy.attachment_count = 0
        return list[ManagedPolicy](policies)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state to save, without AWS's policies: they are 4 MB that never change."""
        policies, of_aws = self.managed_policies.items(), self.aws_managed_policies
        return vars(self) | {
            "managed_policies": {arn: one for arn, one in policies if type(one) is not AWSPolicy},
            "aws_managed_policies": {
                one.arn: one.attachment_count for one in of_aws if one.attachment_count
            },
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a saved state, and AWS's policies."""
        self.__dict__ = dict(state)
        self.aws_managed_policies = self._init_aws_policies()
        self.managed_policies = self._init_managed_policies() | state["managed_policies"]
        for arn, count in state["aws_managed_policies"].items():
            self.managed_policies[arn].attachment_count = count

    def delete_policy(self, policy_arn: str) -> None:
        """Delete a policy of the account that is not attached and has one version only."""
        policy = self.get_policy(policy_arn)
        if ":aws:policy/" in policy_arn:
            raise Forbidden(query_error("AccessDenied", f"{policy_arn} belongs to AWS."))
        if policy.attachment_count:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise DeleteConflictException(
                "This policy has more than one version. Before you delete a policy, you must "
                "delete the policy's versions."
            )
        super().delete_policy(policy_arn)


class AWSPolicy(AWSManagedPolicy):
    """Managed policy of AWS, which is pickled by its ARN."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to find the policy again."""
        return aws_policy, (self.account_id, self.partition, self.arn)


def aws_policy(account_id: str, partition: str, arn: str) -> AWSPolicy:
    """Return the managed policy of AWS with an ARN."""
    return _aws_policies(account_id, partition)[arn]


@cache
def _aws_policies(account_id: str, partition: str) -> dict[str, AWSPolicy]:
    documents = json.loads(aws_managed_policies_data)
    policies = (
        cast(AWSPolicy, AWSPolicy.from_data(name, account_id, partition, document))
        for name, document in documents.items()
    )
    return {policy.arn: policy for policy in policies}
