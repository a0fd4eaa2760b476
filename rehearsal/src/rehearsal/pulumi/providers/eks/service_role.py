"""Component eks:index:ServiceRole: a role for one AWS service, with managed policies attached."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

ASSUME = ("sts:AssumeRole",)


class ServiceRole(pulumi.ComponentResource):
    """Role that `service` may assume, with AWS managed policies given by name.

    Attributes:
        role: IAM role itself.
        attachments: Policy attachments of the role; resources that need its permissions depend on
            them.
        resolved_role: IAM role as an output that is known only when every policy is attached.
    """

    def __init__(  # noqa: PLR0913  # keyword arguments, as the component takes them
        self,
        name: str,
        *,
        service: str,
        policies: Sequence[str],
        partition: pulumi.Input[str],
        description: str | None = None,
        actions: Sequence[str] = ASSUME,
        tags: Any = None,
        parent: pulumi.Resource,
    ) -> None:
        super().__init__("eks:index:ServiceRole", name, None, pulumi.ResourceOptions(parent=parent))
        mine = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            description=description,
            assume_role_policy=_trust(service, actions),
            tags=tags,
            opts=mine,
        )
        self.attachments = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{_short_hash(f'arn:aws:iam::aws:policy/{policy}')}",
                policy_arn=pulumi.Output.concat("arn:", partition, ":iam::aws:policy/", policy),
                role=self.role.name,
                opts=mine,
            )
            for policy in policies
        ]
        self.resolved_role = pulumi.Output.all(
            self.role.arn, *(attachment.id for attachment in self.attachments)
        ).apply(lambda _: self.role)
        self.register_outputs({"resolvedRole": self.resolved_role, "directRole": self.role})


def _trust(service: str, actions: Sequence[str]) -> str:
    statement = {"Action": list(actions), "Effect": "Allow", "Principal": {"Service": [service]}}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(document, separators=(",", ":"))


def _short_hash(text: str) -> str:
    """Return the first eight hex digits of SHA-1, as in pulumi-eks's names of attachments."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:8]
