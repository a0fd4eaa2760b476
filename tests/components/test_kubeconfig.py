import json
from typing import Any

from rehearsal.pulumi.providers.eks.kubeconfig import kubeconfig

from components.kubeconfig import Credentials, cli_options, with_credentials

MADE = json.dumps(kubeconfig("c", "arn:aws:eks:us-west-2:1:cluster/c", "https://api", "Q0E="))
ROLE = "arn:aws:iam::123456789012:role/deployer"


def command(given: Credentials) -> dict[str, Any]:
    (user,) = json.loads(with_credentials(MADE, given))["users"]
    found: dict[str, Any] = user["user"]["exec"]
    return found


def test_without_credentials_of_the_config_a_kubeconfig_is_as_eks_makes_it() -> None:
    assert json.loads(with_credentials(MADE, Credentials())) == json.loads(MADE)


def test_the_kubernetes_api_is_asked_with_the_profile_and_the_role_of_the_config() -> None:
    asked = command(Credentials(profile="ops", role_arn=ROLE))["args"]
    assert asked[-4:] == ["--profile", "ops", "--role-arn", ROLE]
    assert asked[:4] == ["--region", "us-west-2", "eks", "get-token"]


def test_the_kubernetes_api_is_asked_with_the_keys_of_the_config() -> None:
    variables = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hush"}
    named = {
        one["name"]: one["value"] for one in command(Credentials(environment=variables))["env"]
    }
    assert named.items() >= variables.items()
    assert "KUBERNETES_EXEC_INFO" in named


def test_options_are_those_of_the_profile_and_the_role_alone() -> None:
    assert cli_options(Credentials(environment={"AWS_ACCESS_KEY_ID": "AKIA"})) == []
