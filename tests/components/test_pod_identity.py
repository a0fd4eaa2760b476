import json

import pulumi
import pulumi_aws as aws

from components.iam import allow, document
from components.pod_identity import PodIdentity, PodIdentityArgs, pod_trust
from tests.mocks import Deployment, deploy


def identity() -> Deployment:
    return deploy(
        lambda: PodIdentity(
            "driver",
            {
                "cluster_name": "ml-dev",
                "namespace": "kube-system",
                "service_account": "controller",
                "policies": [document(allow(["s3:ListBucket"]))],
                "managed_policies": ["service-role/AmazonEFSCSIDriverPolicy"],
            },
        )
    )


def test_the_role_trusts_one_service_account_of_one_cluster() -> None:
    trusted = json.loads(identity().one(":Role").inputs["assumeRolePolicy"])
    (statement,) = trusted["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": "123456789012",
        "aws:RequestTag/eks-cluster-name": "ml-dev",
        "aws:RequestTag/kubernetes-namespace": "kube-system",
        "aws:RequestTag/kubernetes-service-account": "controller",
    }


def test_the_association_gives_the_role_to_the_same_service_account() -> None:
    made = identity()
    inputs = made.one(":PodIdentityAssociation").inputs
    assert (inputs["clusterName"], inputs["namespace"], inputs["serviceAccount"]) == (
        "ml-dev",
        "kube-system",
        "controller",
    )
    assert made.one(":Role") in made.waits_for(made.one(":PodIdentityAssociation"))


def test_policies_of_ones_own_and_of_aws_are_on_the_role() -> None:
    made = identity()
    assert json.loads(made.one(":RolePolicy").inputs["policy"])["Statement"][0]["Action"] == [
        "s3:ListBucket"
    ]
    assert made.one(":RolePolicyAttachment").inputs["policyArn"] == (
        "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"
    )


def test_pods_that_depend_on_it_have_role_association_and_permissions() -> None:
    def program() -> None:
        access = PodIdentity(
            "driver",
            {
                "cluster_name": "c",
                "namespace": "n",
                "service_account": "s",
                "policies": [document()],
                "managed_policies": ["A"],
            },
        )
        aws.sqs.Queue("pod", opts=pulumi.ResourceOptions(depends_on=[access]))

    made = deploy(program)
    assert {"driver-A", "driver-association", "driver-policy-0", "driver-role"} == {
        each.name for each in made.waits_for(made.one(":Queue"))
    }


def test_the_trust_of_one_namespace_is_not_that_of_another() -> None:
    one, other = (pod_trust("c", namespace, "s", "123456789012") for namespace in ("a", "b"))
    assert one != other


def test_a_role_has_a_name_that_iam_takes_however_long_its_owners_is() -> None:
    name = f"patterns-models-{'m' * 40}-cache-identity-access"
    args: PodIdentityArgs = {
        "cluster_name": "ml-dev",
        "namespace": "training",
        "service_account": "reader",
    }
    role = deploy(lambda: PodIdentity(name, args)).one(":Role").inputs
    assert len(role["namePrefix"]) <= 64 - 26, "what the provider adds to a prefix is 26 characters"
    assert role["namePrefix"].startswith("patterns-models-")
