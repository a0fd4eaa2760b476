"""Roles and policies that IAM refuses."""

from __future__ import annotations

import pytest

from tests.aws.policies import NOBODY, policy, trust

EC2 = trust({"Service": "ec2.amazonaws.com"})
MALFORMED, LIMIT, INVALID = "MalformedPolicyDocument", "LimitExceeded", "ValidationError"
LONG = [f"arn:aws:s3:::{'b' * 40}{number}" for number in range(300)]


@pytest.mark.parametrize(
    "settings",
    [
        {"RoleName": "x" * 65},
        {"RoleName": "a b"},
        {"MaxSessionDuration": 43_201},
        {"Description": "x" * 1001},
        {"Path": "x"},
    ],
)
def test_a_role_outside_the_ranges_of_the_api_is_refused(aws, refused, settings):
    role = {"RoleName": "mine", "AssumeRolePolicyDocument": EC2} | settings
    refused(INVALID, aws.iam.create_role, **role)


@pytest.mark.parametrize(
    ("document", "code", "naming"),
    [
        (trust(NOBODY), MALFORMED, "Invalid principal in policy"),
        (
            trust({"Service": "ec2.amazonaws.com"}, Resource="*"),
            MALFORMED,
            "Has prohibited field Resource",
        ),
        (
            trust({"Service": "ec2.amazonaws.com"}, Sid="x" * 2048),
            LIMIT,
            "Cannot exceed quota for ACLSizePerRole: 2048",
        ),
    ],
)
def test_a_trust_policy_that_iam_refuses_is_refused(aws, refused, document, code, naming):
    create, change = aws.iam.create_role, aws.iam.update_assume_role_policy
    refused(code, create, naming, RoleName="mine", AssumeRolePolicyDocument=document)
    create(RoleName="mine", AssumeRolePolicyDocument=EC2)
    refused(code, change, naming, RoleName="mine", PolicyDocument=document)


@pytest.mark.parametrize(
    ("document", "naming"),
    [
        (policy("s3:*", Principal="*"), "should not specify a principal"),
        (policy("s3:*", Sid="a b"), "must be alpha-numeric"),
    ],
)
def test_an_identitys_policy_that_iam_refuses_is_refused(aws, refused, document, naming):
    aws.iam.create_role(RoleName="mine", AssumeRolePolicyDocument=EC2)
    put = {"RoleName": "mine", "PolicyName": "own", "PolicyDocument": document}
    refused(MALFORMED, aws.iam.put_role_policy, naming, **put)
    made = {"PolicyName": "own", "PolicyDocument": document}
    refused(MALFORMED, aws.iam.create_policy, naming, **made)


def test_policies_have_limits_that_white_space_does_not_count_for(aws, refused):
    aws.iam.create_role(RoleName="mine", AssumeRolePolicyDocument=EC2)
    put = {"RoleName": "mine", "PolicyName": "own"}
    naming = "Maximum policy size of 10240 bytes exceeded for role mine"
    refused(LIMIT, aws.iam.put_role_policy, naming, **put, PolicyDocument=policy("s3:*", LONG))
    assert aws.iam.list_role_policies(RoleName="mine")["PolicyNames"] == []
    naming = "Cannot exceed quota for PolicySize: 6144"
    made = {"PolicyName": "own", "PolicyDocument": policy("s3:*", LONG[:150])}
    refused(LIMIT, aws.iam.create_policy, naming, **made)
    spaced = policy("s3:*", LONG[:50]).replace("{", "{" + " " * 6000)
    aws.iam.put_role_policy(**put, PolicyDocument=spaced)


@pytest.mark.difference(
    of="AWS IAM and KMS",
    what="A role has ten managed policies and never more.",
    direction="harsher",
    why="Ten is the default quota, which AWS raises on request.",
)
def test_a_role_has_ten_managed_policies(aws, refused):
    aws.iam.create_role(RoleName="mine", AssumeRolePolicyDocument=EC2)
    made = [
        aws.iam.create_policy(PolicyName=f"p{n}", PolicyDocument=policy("s3:*"))["Policy"]["Arn"]
        for n in range(11)
    ]
    for arn in made[:10]:
        aws.iam.attach_role_policy(RoleName="mine", PolicyArn=arn)
    aws.iam.attach_role_policy(RoleName="mine", PolicyArn=made[0])
    naming = "Cannot exceed quota for PoliciesPerRole: 10"
    refused(LIMIT, aws.iam.attach_role_policy, naming, RoleName="mine", PolicyArn=made[10])
