"""Kubeconfig with the credentials of the AWS provider.

EKS's kubeconfig gets a token from `aws eks get-token`, which by default uses the credentials of the
environment. If the stack's config names others (aws:profile, aws:assumeRoles, aws:accessKey), the
cluster would be created with these, and its API called with those of the environment.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """Credentials of the AWS provider that differ from those of the environment."""

    profile: str | None = None
    """Profile of the AWS configuration files."""
    role_arn: str | None = None
    """ARN of the IAM role that is assumed with them."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment variables of the AWS CLI, such as AWS_ACCESS_KEY_ID; their values are secret."""


def cli_options(credentials: Credentials) -> list[str]:
    """Return the options by which `aws eks` uses the profile and the role."""
    profile, role_arn = credentials.profile, credentials.role_arn
    return [
        *(["--profile", profile] if profile else []),
        *(["--role-arn", role_arn] if role_arn else []),
    ]


def with_credentials(kubeconfig: str, credentials: Credentials) -> str:
    """Return EKS's kubeconfig, in JSON, with the credentials of each of its users."""
    config = json.loads(kubeconfig)
    for entry in config["users"]:
        command = entry["user"]["exec"]
        command["args"] = [*command["args"], *cli_options(credentials)]
        command["env"] = [
            *(command.get("env") or []),
            *({"name": name, "value": it} for name, it in credentials.environment.items()),
        ]
    return json.dumps(config)
