"""AWS credentials that the config of a stack names, for the AWS provider and the Kubernetes API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from components.kubeconfig import Credentials
from components.spec.errors import ConfigError

ROLES = "aws:assumeRoles"
WEB_IDENTITY = "aws:assumeRoleWithWebIdentity"
VARIABLES = {
    "aws:accessKey": "AWS_ACCESS_KEY_ID",
    "aws:secretKey": "AWS_SECRET_ACCESS_KEY",
    "aws:token": "AWS_SESSION_TOKEN",
}
"""Environment variables of the AWS CLI, by the settings of the AWS provider."""
FILES = {
    "aws:sharedConfigFiles": "AWS_CONFIG_FILE",
    "aws:sharedCredentialsFiles": "AWS_SHARED_CREDENTIALS_FILE",
}
"""Environment variables of the AWS CLI, by settings that are lists; the CLI takes one file."""
PROFILE_REMEDY = (
    "describe the way to the role as a profile of the AWS configuration file, and set aws:profile"
)


def credentials(config: Mapping[str, str]) -> Credentials:
    """Return the credentials that a whole config names, as Pulumi hands it over."""
    roles = _json_list(config.get(ROLES))
    environment = {name: config[key] for key, name in VARIABLES.items() if config.get(key)}
    for key, name in FILES.items():
        if files := _json_list(config.get(key)):
            environment[name] = str(files[0])
    return Credentials(
        profile=config.get("aws:profile") or None,
        role_arn=_field(roles[0], "roleArn") if roles else None,
        environment=environment,
    )


def credential_errors(config: Mapping[str, str]) -> Iterator[ConfigError]:
    """Yield an error for credentials that `aws eks get-token` cannot use for the Kubernetes API."""
    roles = _json_list(config.get(ROLES))
    if len(roles) > 1:
        rule = "the Kubernetes API is asked by `aws eks get-token`, which assumes one role only"
        yield ConfigError((ROLES,), rule, [_field(one, "roleArn") for one in roles], PROFILE_REMEDY)
    elif roles and _field(roles[0], "externalId"):
        rule = "the Kubernetes API is asked by `aws eks get-token`, which takes no externalId"
        yield ConfigError(
            (ROLES, 0, "externalId"), rule, _field(roles[0], "externalId"), PROFILE_REMEDY
        )
    elif roles and not _field(roles[0], "roleArn"):
        rule = "a role that is assumed is named by its ARN"
        yield ConfigError((ROLES, 0, "roleArn"), rule, roles[0], "set roleArn")
    if config.get(WEB_IDENTITY):
        rule = "the Kubernetes API is asked by `aws eks get-token`, which has no such setting"
        remedy = "set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE in the environment instead"
        yield ConfigError((WEB_IDENTITY,), rule, config[WEB_IDENTITY], remedy)
    for key in FILES:
        if len(files := _json_list(config.get(key))) > 1:
            rule = "the Kubernetes API is asked by `aws eks get-token`, which reads one such file"
            yield ConfigError((key,), rule, files, "join the files to one")


def _json_list(text: str | None) -> list[Any]:
    try:
        value = json.loads(text) if text else []
    except ValueError:
        return []
    return value if isinstance(value, list) else []


def _field(role: Any, key: str) -> str | None:
    return role.get(key) if isinstance(role, dict) else None
