"""The AWS credentials that a config names, with which the Kubernetes API is asked too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.kubeconfig import Credentials
from settings.credentials import credential_errors, credentials

ROLE = "arn:aws:iam::123456789012:role/deployer"


def config(**values: Any) -> dict[str, str]:
    """A config as Pulumi hands it over, of settings of the AWS provider."""
    texts = {key: one if isinstance(one, str) else json.dumps(one) for key, one in values.items()}
    return {"aws:region": "us-west-2"} | {f"aws:{key}": text for key, text in texts.items()}


def test_a_config_that_names_no_credentials_leaves_them_to_the_environment() -> None:
    assert credentials(config()) == Credentials()


def test_a_profile_a_role_keys_and_files_are_taken() -> None:
    given = config(
        profile="ops",
        assumeRoles=[{"roleArn": ROLE, "sessionName": "pulumi"}],
        accessKey="AKIA",
        secretKey="hush",
        token="session",
        sharedConfigFiles=["/etc/aws"],
    )
    found = credentials(given)
    assert (found.profile, found.role_arn) == ("ops", ROLE)
    assert found.environment == {
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_SESSION_TOKEN": "session",
        "AWS_CONFIG_FILE": "/etc/aws",
    }
    assert "hush" not in repr(found)
    assert [*credential_errors(given)] == []


@pytest.mark.parametrize(
    ("given", "path", "remedy"),
    [
        (
            {"assumeRoles": [{"roleArn": ROLE}, {"roleArn": f"{ROLE}-2"}]},
            ("aws:assumeRoles",),
            "aws:profile",
        ),
        (
            {"assumeRoles": [{"roleArn": ROLE, "externalId": "x"}]},
            ("aws:assumeRoles", 0, "externalId"),
            "aws:profile",
        ),
        ({"assumeRoles": [{"sessionName": "x"}]}, ("aws:assumeRoles", 0, "roleArn"), "roleArn"),
        (
            {"assumeRoleWithWebIdentity": {"roleArn": ROLE}},
            ("aws:assumeRoleWithWebIdentity",),
            "AWS_WEB_IDENTITY_TOKEN_FILE",
        ),
        ({"sharedConfigFiles": ["a", "b"]}, ("aws:sharedConfigFiles",), "join"),
    ],
    ids=["two roles", "an external ID", "a role without ARN", "a web identity", "two files"],
)
def test_credentials_that_the_kubernetes_api_cannot_be_asked_with_are_refused(
    given: dict[str, Any], path: tuple[str | int, ...], remedy: str
) -> None:
    (error,) = credential_errors(config(**given))
    assert error.path == path
    assert remedy in error.remedy
