import json

import pytest

from rehearsal.kubernetes.controllers import identity
from rehearsal.kubernetes.controllers.identity import (
    AccessDenied,
    NoCredentials,
    PodIdentity,
    session_tags,
    trusts,
)
from tests.kubernetes.controllers.account import CLUSTER, REGION, allow, pod_trust, trust

POD = identity.Account("team", "loader", REGION)
ARN = f"arn:aws:eks:{REGION}:123456789012:cluster/{CLUSTER}"
TAGS = session_tags(ARN, POD)


def test_a_role_that_names_the_service_account_trusts_it_and_no_other():
    assert trusts(pod_trust("team", "loader"), TAGS, ARN)
    assert not trusts(pod_trust("team", "other"), TAGS, ARN)


def test_a_role_that_may_not_be_tagged_is_of_no_use_to_pod_identity():
    assert not trusts(trust("pods.eks.amazonaws.com"), TAGS, ARN), "sts:TagSession is missing"


def test_a_role_of_another_cluster_is_told_by_the_source_arn():
    document = pod_trust("team", "loader")
    document["Statement"][0]["Condition"]["ArnEquals"] = {"aws:SourceArn": f"{ARN}-2"}
    assert not trusts(document, TAGS, ARN)


def test_an_associated_service_account_may_do_what_its_role_may(account, cloud):
    account.cluster()
    account.pod_identity("team", "loader", allow("s3:GetObject", resource="arn:aws:s3:::b/*"))
    found = PodIdentity(cloud).of(POD)
    found.authorise("s3:GetObject", "arn:aws:s3:::b/key")
    with pytest.raises(AccessDenied) as refused:
        found.authorise("s3:PutObject", "arn:aws:s3:::b/key")
    assert str(refused.value) == (
        "User: arn:aws:sts::123456789012:assumed-role/pods-loader/eks-main-loader is not "
        "authorized to perform: s3:PutObject on resource: arn:aws:s3:::b/key because no "
        "identity-based policy allows the s3:PutObject action"
    )


def test_policies_that_are_attached_count_too(account, cloud):
    account.cluster()
    account.pod_identity("team", "loader")
    made = account.client("iam").create_policy(
        PolicyName="reads",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": allow("s3:*")}),
    )
    account.client("iam").attach_role_policy(
        RoleName="pods-loader", PolicyArn=made["Policy"]["Arn"]
    )
    PodIdentity(cloud).of(POD).authorise("s3:GetObject", "arn:aws:s3:::b/key")


def test_a_denial_says_that_it_is_explicit(account, cloud):
    account.cluster()
    denied = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    account.pod_identity("team", "loader", allow("*"), denied)
    with pytest.raises(AccessDenied, match="with an explicit deny in an identity-based policy"):
        PodIdentity(cloud).of(POD).authorise("s3:GetObject")


def test_a_service_account_without_an_association_gets_no_credentials(account, cloud):
    account.cluster()
    account.pod_identity("team", "other")
    with pytest.raises(NoCredentials, match=r"no EKS Pod Identity association .* team/loader"):
        PodIdentity(cloud).of(POD)


def test_an_association_whose_role_went_gives_no_credentials(account, cloud):
    account.cluster()
    account.pod_identity("team", "loader")
    account.client("iam").delete_role(RoleName="pods-loader")
    with pytest.raises(NoCredentials, match="pods-loader does not exist"):
        PodIdentity(cloud).of(POD)


def test_what_was_allowed_is_remembered_for_a_moment_and_what_was_not_is_asked_again(
    account, cloud
):
    account.cluster()
    identities = PodIdentity(cloud, remember_seconds=60)
    with pytest.raises(NoCredentials):
        identities.of(POD)
    account.pod_identity("team", "loader")
    found = identities.of(POD)
    assert identities.of(POD) is found


def test_without_the_agent_an_association_gives_no_credentials(account, cloud):
    account.cluster()
    account.pod_identity("team", "loader", allow("s3:GetObject"))
    account.client("eks").delete_addon(clusterName=CLUSTER, addonName="eks-pod-identity-agent")
    with pytest.raises(NoCredentials, match="install the EKS add-on eks-pod-identity-agent"):
        PodIdentity(cloud).of(POD)
