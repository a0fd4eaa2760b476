"""The AWS credentials that the config of a stack names, if any: what the AWS provider uses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from components.spec.errors import ConfigError
from components.spec.model import Spec

ROLES = "aws:assumeRoles"
WEB_IDENTITY = "aws:assumeRoleWithWebIdentity"
VARIABLES = {
    "aws:accessKey": "AWS_ACCESS_KEY_ID",
    "aws:secretKey": "AWS_SECRET_ACCESS_KEY",
    "aws:token": "AWS_SESSION_TOKEN",
}
"""The AWS CLI's variables, by the AWS provider's settings."""
FILES = {
    "aws:sharedConfigFiles": "AWS_CONFIG_FILE",
    "aws:sharedCredentialsFiles": "AWS_SHARED_CREDENTIALS_FILE",
}
"""The same of settings that are lists, of which the CLI takes the first only."""
PROFILE_REMEDY = (
    "describe the way to the role as a profile of the AWS configuration file, and set aws:profile"
)


class Credentials(Spec):
    """Credentials for the Kubernetes API, so that they are those of the AWS provider."""

    profile: str | None = None
    """Profile of the AWS configuration files."""

    role_arn: str | None = None
    """ARN of the role that is assumed."""

    environment: dict[str, str] = Field(default_factory=dict, repr=False)
    """Environment variables of the AWS CLI, whose values are secret."""


def credentials(config: Mapping[str, str]) -> Credentials:
    """The credentials that a whole config names, as Pulumi hands it over."""
    roles = _listed(config.get(ROLES))
    environment = {name: config[key] for key, name in VARIABLES.items() if config.get(key)}
    for key, name in FILES.items():
        if files := _listed(config.get(key)):
            environment[name] = str(files[0])
    return Credentials.model_construct(
        profile=config.get("aws:profile") or None,
        role_arn=_of(roles[0], "roleArn") if roles else None,
        environment=environment,
    )


def broken(config: Mapping[str, str]) -> Iterator[ConfigError]:
    """Credentials that `aws eks get-token` has no way to use, and so the Kubernetes API."""
    roles = _listed(config.get(ROLES))
    if len(roles) > 1:
        rule = "the Kubernetes API is asked by `aws eks get-token`, which assumes one role only"
        yield ConfigError((ROLES,), rule, [_of(one, "roleArn") for one in roles], PROFILE_REMEDY)
    elif roles and _of(roles[0], "externalId"):
        rule = "the Kubernetes API is asked by `aws eks get-token`, which takes no externalId"
        yield ConfigError(
            (ROLES, 0, "externalId"), rule, _of(roles[0], "externalId"), PROFILE_REMEDY
        )
    elif roles and not _of(roles[0], "roleArn"):
        rule = "a role that is assumed is named by its ARN"
        yield ConfigError((ROLES, 0, "roleArn"), rule, roles[0], "set roleArn")
    if config.get(WEB_IDENTITY):
        rule = "the Kubernetes API is asked by `aws eks get-token`, which has no such setting"
        remedy = "set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE in the environment instead"
        yield ConfigError((WEB_IDENTITY,), rule, config[WEB_IDENTITY], remedy)
    for key in FILES:
        if len(files := _listed(config.get(key))) > 1:
            rule = "the Kubernetes API is asked by `aws eks get-token`, which reads one such file"
            yield ConfigError((key,), rule, files, "join the files to one")


def _listed(text: str | None) -> list[Any]:
    """A setting that is a list; Pulumi hands it over as JSON."""
    try:
        value = json.loads(text) if text else []
    except ValueError:
        return []
    return value if isinstance(value, list) else []


def _of(role: Any, key: str) -> str | None:
    """A field of a role's description."""
    return role.get(key) if isinstance(role, dict) else None
