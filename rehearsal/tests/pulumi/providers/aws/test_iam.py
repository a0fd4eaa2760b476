from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.pulumi.providers.server import Partial, ProviderError
from tests.pulumi.providers.aws.stack import Kept, Stack, exercise, urn

ROLE, ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def trust(service: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def role(stack: Stack) -> Kept:
    return stack.create(ROLE, "worker", assumeRolePolicy=trust("ec2"))


def test_a_role_is_named_and_changes_its_trust_and_description_in_place(stack: Stack) -> None:
    role = stack.create(ROLE, "worker", assumeRolePolicy=trust("ec2"), tags={"a": "b"})
    assert role.id.startswith("worker-")
    assert role["arn"] == f"arn:aws:iam::123456789012:role/{role.id}"
    inputs: dict[str, Any] = {"assumeRolePolicy": trust("eks"), "description": "nodes"}
    inputs |= {"managedPolicyArns": [READ_ONLY], "tags": {"a": "c"}}
    stack.update(role, **inputs)
    assert stack.diff(role, **inputs, path="/x/").replaces == ["path"]
    exercise(stack, role, **inputs)


def test_a_role_keeps_only_the_inline_policies_it_declares(stack: Stack) -> None:
    policies = [{"name": name, "policy": allow("s3:ListBucket")} for name in ("a", "b")]
    inputs: dict[str, Any] = {"assumeRolePolicy": trust("ec2"), "inlinePolicies": policies}
    role = stack.create(ROLE, "worker", **inputs)
    inputs["inlinePolicies"] = policies[:1]
    stack.update(role, **inputs)
    exercise(stack, role, **inputs)


def test_policies_attached_by_others_are_no_drift_of_the_role(stack: Stack, role: Kept) -> None:
    stack.create(ATTACHMENT, "ro", role=role.id, policyArn=READ_ONLY)
    _, inputs, outputs = stack.read(role)
    assert inputs == role.inputs
    assert outputs["managedPolicyArns"] == [READ_ONLY]


def test_a_role_that_is_still_used_is_not_deleted(stack: Stack, role: Kept) -> None:
    stack.create(ROLE_POLICY, "read", role=role.id, policy=allow("s3:GetObject"))
    with pytest.raises(ProviderError, match="DeleteConflict"):
        stack.delete(role, timeout=0.2)


def test_a_role_policy_is_replaced_for_another_role_only(stack: Stack, role: Kept) -> None:
    policy = stack.create(ROLE_POLICY, "read", role=role.id, policy=allow("s3:GetObject"))
    stack.update(policy, role=role.id, policy=allow("s3:GetObject", "s3:ListBucket"))
    same = json.loads(allow("s3:ListBucket", "s3:GetObject"))
    assert not stack.diff(policy, role=role.id, policy=same).changes
    assert stack.diff(policy, role="other", policy=same).replaces == ["role"]
    exercise(stack, policy, role=role.id, policy=same)


def test_a_policy_that_changes_often_stays_within_five_versions(stack: Stack) -> None:
    policy = stack.create(POLICY, "data", policy=allow("s3:GetObject"))
    for version in range(6):
        stack.update(policy, policy=allow(f"s3:Get{version}"))
    assert stack.diff(policy, policy=allow("s3:Get5"), description="x").replaces == ["description"]
    exercise(stack, policy, policy=allow("s3:Get5"))


def test_an_attachment_is_detached_before_it_is_replaced(stack: Stack, role: Kept) -> None:
    attached = stack.create(ATTACHMENT, "ro", role=role.id, policyArn=READ_ONLY)
    other = "arn:aws:iam::aws:policy/AdministratorAccess"
    difference = stack.diff(attached, role=role.id, policyArn=other)
    assert difference.replaces == ["policyArn"]
    assert difference.delete_before_replace
    exercise(stack, attached, role=role.id, policyArn=READ_ONLY)


def test_a_role_of_a_given_name_goes_before_its_replacement(stack: Stack) -> None:
    inputs = {"name": "fixed", "assumeRolePolicy": trust("ec2")}
    role = stack.create(ROLE, "worker", **inputs)
    assert stack.diff(role, **inputs, path="/x/").delete_before_replace
    auto = stack.create(ROLE, "auto", assumeRolePolicy=trust("ec2"))
    moved = stack.diff(auto, assumeRolePolicy=trust("ec2"), path="/x/")
    assert moved.replaces
    assert not moved.delete_before_replace


def test_a_creation_left_half_done_is_completed_by_the_next_update(stack: Stack, aws: Any) -> None:
    missing = "arn:aws:iam::123456789012:policy/later"
    inputs = {"assumeRolePolicy": trust("ec2"), "managedPolicyArns": [missing], "name": "half"}
    with pytest.raises(Partial, match=r"creating IAM Role .half.: .*NoSuchEntity") as partial:
        stack.create(ROLE, "half", **inputs)
    made = partial.value
    stack.kept.append(Kept(urn(ROLE, "half"), ROLE, made.id, made.outputs, made.outputs))
    role = stack.kept[-1]
    role.inputs = stack.check(ROLE, "half", inputs).inputs
    aws("iam").create_policy(PolicyName="later", PolicyDocument=allow("s3:GetObject"))
    stack.update(role, **inputs, tags={"a": "b"})
    assert role["managedPolicyArns"] == [missing]
    stack.delete(role)
    aws("iam").delete_policy(PolicyArn=missing)
