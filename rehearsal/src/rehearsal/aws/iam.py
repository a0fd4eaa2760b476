"""AWS IAM: the managed policies of AWS, and errors for policies in use."""

from __future__ import annotations

import json
from functools import cache

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, iam_backends
from werkzeug.exceptions import Forbidden

from rehearsal.aws.refusals import query_error
from rehearsal.aws.replacement import use_backend


def install() -> None:
    """Replace moto's IAM with this one."""
    use_backend(iam_backends, IAM)


class IAM(IAMBackend):
    """IAM of the account."""

    def _init_aws_policies(self) -> list[ManagedPolicy]:
        """Return the AWS managed policies, attached to nothing.

        The 1,600 policies are created once in a process. Two backends never share them: a partition
        has one backend, and the next backend replaces it.
        """
        policies = _aws_policies(self.account_id, self.region_name)
        for policy in policies:
            policy.attachment_count = 0
        return list(policies)

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


@cache
def _aws_policies(account_id: str, region: str) -> list[AWSManagedPolicy]:
    documents = json.loads(aws_managed_policies_data)
    return [
        AWSManagedPolicy.from_data(name, account_id, region, document)
        for name, document in documents.items()
    ]
