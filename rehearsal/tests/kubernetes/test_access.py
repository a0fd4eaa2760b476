"""From AWS principals to Kubernetes users."""

from __future__ import annotations

from rehearsal.kubernetes import bootstrap
from rehearsal.kubernetes.access import Caller, Grant, find_principal, user_info

ACCOUNT = "123456789012"
USER = Caller(f"arn:aws:iam::{ACCOUNT}:user/ada", "AIDA1", ACCOUNT)
SESSION = Caller(
    f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci@run-7", "AROA1:ci@run-7", ACCOUNT
)
POLICY = "arn:aws:eks::aws:cluster-access-policy/"


def grant(policy: str, *namespaces: str) -> Grant:
    scope = (
        {"type": "namespace", "namespaces": list(namespaces)} if namespaces else {"type": "cluster"}
    )
    return Grant.of({"policyArn": POLICY + policy, "accessScope": scope})


def groups(*grants: Grant, namespaces: tuple[str, ...] = ()) -> list[str]:
    entry = {"kubernetesGroups": ["readers"], "username": "ada"}
    info: list[str] = user_info(USER, entry, grants, namespaces)["groups"]
    return info


def test_a_user_is_found_by_its_own_arn_only() -> None:
    other = f"arn:aws:iam::{ACCOUNT}:user/ada-lovelace"
    assert find_principal(USER, [other, USER.arn]) == USER.arn
    assert find_principal(USER, [other]) is None


def test_a_session_is_found_by_its_role_whatever_the_roles_path() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/teams/platform/deployer"
    assert find_principal(SESSION, [role]) == role


def test_a_role_of_another_account_or_a_longer_name_is_not_the_sessions() -> None:
    others = [
        "arn:aws:iam::999999999999:role/deployer",
        f"arn:aws:iam::{ACCOUNT}:role/co-deployer",
        f"arn:aws:iam::{ACCOUNT}:user/deployer",
    ]
    assert find_principal(SESSION, others) is None


def test_a_session_is_named_as_the_entry_says() -> None:
    username = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/{{{{SessionName}}}}"
    info = user_info(SESSION, {"username": username}, [], [])
    assert info["username"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci-run-7"


def test_a_cluster_wide_policy_counts_everywhere_beside_the_entrys_groups() -> None:
    assert groups(grant("AmazonEKSClusterAdminPolicy")) == [
        "readers",
        bootstrap.policy_group("AmazonEKSClusterAdminPolicy"),
    ]


def test_a_policy_counts_in_the_namespaces_of_its_scope_only() -> None:
    given = groups(
        grant("AmazonEKSEditPolicy", "training", "team-*"),
        namespaces=("default", "training", "team-a", "team-b"),
    )
    edit = "AmazonEKSEditPolicy"
    assert given[1:] == [bootstrap.policy_group(edit, n) for n in ("training", "team-a", "team-b")]
    assert bootstrap.policy_group(edit) not in given


def test_a_policy_unknown_here_gives_no_group() -> None:
    assert groups(grant("AmazonEKSAutoNodePolicy")) == ["readers"]


def test_every_access_policy_is_bound_to_a_role_from_the_start() -> None:
    bound = {
        item["subjects"][0]["name"]: item["roleRef"]["name"]
        for item in bootstrap.objects()
        if item["kind"] == "ClusterRoleBinding"
    }
    expected = bootstrap.ACCESS_POLICY_ROLES.items()
    assert bound == {bootstrap.policy_group(policy): role for policy, role in expected}


def test_a_binding_in_a_namespace_names_the_group_the_webhook_gives_there() -> None:
    binding = bootstrap.namespace_binding("AmazonEKSViewPolicy", "training")
    assert binding["subjects"][0]["name"] in groups(
        grant("AmazonEKSViewPolicy", "training"), namespaces=("training",)
    )
    assert binding["roleRef"]["name"] == "view"
