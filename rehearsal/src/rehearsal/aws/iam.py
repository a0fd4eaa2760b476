"""AWS IAM: the managed policies of AWS, errors for policies in use, and limits of policies.

Source: IAM User Guide, "IAM and AWS STS quotas": white space does not count. The number of managed
policies of a role is the default, which AWS raises on request.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, cast

from moto.iam import models
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import (
    DeleteConflictException,
    LimitExceededException,
    MalformedPolicyDocument,
)
from moto.iam.models import (
    AWSManagedPolicy,
    IAMBackend,
    ManagedPolicy,
    PolicyVersion,
    Role,
    iam_backends,
)
from werkzeug.exceptions import Forbidden

from rehearsal.aws import identity, policy_documents
from rehearsal.aws.backends import unnoted
from rehearsal.aws.refusals import query_error
from rehearsal.aws.replacement import use_backend

LONGEST_MANAGED, LONGEST_INLINE, LONGEST_TRUST = 6144, 10240, 2048
"""Characters of a managed policy, of all inline policies of a role, and of a trust policy."""
SID = re.compile(r"[0-9A-Za-z]*")
MOST_MANAGED = 10
"""Managed policies of a role."""


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

    def create_role(
        self, role_name: str, assume_role_policy_document: str, *args: Any, **kwargs: Any
    ) -> Role:
        """Create a role whose trust policy names principals that exist."""
        self._check_trust(assume_role_policy_document)
        return super().create_role(role_name, assume_role_policy_document, *args, **kwargs)

    def update_assume_role_policy(self, role_name: str, policy_document: str) -> None:
        """Set the trust policy of a role, which names principals that exist."""
        self._check_trust(policy_document)
        super().update_assume_role_policy(role_name, policy_document)

    def put_role_policy(self, role_name: str, policy_name: str, policy_json: str) -> None:
        """Set an inline policy of a role."""
        _check_statements(policy_json)
        super().put_role_policy(role_name, policy_name, policy_json)
        policies = self.get_role(role_name).policies
        if sum(map(_size, policies.values())) > LONGEST_INLINE:
            del policies[policy_name]
            raise LimitExceededException(
                f"Maximum policy size of {LONGEST_INLINE} bytes exceeded for role {role_name}"
            )

    def create_policy(
        self, description: str, path: str, policy_document: str, *args: Any, **kwargs: Any
    ) -> ManagedPolicy:
        """Create a managed policy."""
        _check_size(policy_document)
        return super().create_policy(description, path, policy_document, *args, **kwargs)

    def create_policy_version(
        self, policy_arn: str, policy_document: str, *args: Any, **kwargs: Any
    ) -> PolicyVersion:
        """Create another version of a managed policy."""
        _check_size(policy_document)
        return super().create_policy_version(policy_arn, policy_document, *args, **kwargs)

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        """Attach a managed policy to a role, which has ten at most."""
        attached = self.get_role(role_name).managed_policies
        if policy_arn not in attached and len(attached) >= MOST_MANAGED:
            raise LimitExceededException(f"Cannot exceed quota for PoliciesPerRole: {MOST_MANAGED}")
        super().attach_role_policy(policy_arn, role_name)

    def _check_trust(self, document: str) -> None:
        try:
            statements = policy_documents.as_list(json.loads(document)["Statement"])
        except (ValueError, KeyError, TypeError):
            return  # moto refuses it, in IAM's words
        for statement in statements:
            if statement.keys() & {"Resource", "NotResource"}:
                raise MalformedPolicyDocument("Has prohibited field Resource")
            for arn in policy_documents.principals(statement):
                here = policy_documents.OF_THIS_ACCOUNT.fullmatch(arn)
                if here and not identity.principal_exists(self.account_id, arn):
                    raise MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{arn}"')
        if _size(document) > LONGEST_TRUST:
            raise LimitExceededException(f"Cannot exceed quota for ACLSizePerRole: {LONGEST_TRUST}")

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


def _check_size(document: str) -> None:
    _check_statements(document)
    if _size(document) > LONGEST_MANAGED:
        raise LimitExceededException(f"Cannot exceed quota for PolicySize: {LONGEST_MANAGED}")


def _size(document: str) -> int:
    """Return the characters of a policy that count for its limit."""
    return len("".join(document.split()))


def _check_statements(document: str) -> None:
    """Refuse principals, which only policies of resources have, and ids of other characters."""
    try:
        statements = policy_documents.as_list(json.loads(document)["Statement"])
    except (ValueError, KeyError, TypeError):
        return  # moto refuses it, in IAM's words
    for statement in statements:
        if statement.keys() & {"Principal", "NotPrincipal"}:
            raise MalformedPolicyDocument("Policy document should not specify a principal.")
        if not SID.fullmatch(str(statement.get("Sid", ""))):
            raise MalformedPolicyDocument(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
                "regular expression [0-9A-Za-z]*"
            )
