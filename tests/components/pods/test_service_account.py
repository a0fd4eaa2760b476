import json

import pulumi

from components.iam import allow, document
from components.pods.service_account import WorkloadIdentity
from tests.mocks import Deployment, deploy


def identity() -> Deployment:
    def program() -> None:
        made = WorkloadIdentity(
            "reader",
            {
                "cluster_name": pulumi.Output.from_input("ml-dev"),
                "namespace": pulumi.Output.from_input("training"),
                "service_account": "reader",
                "policies": [document(allow(["s3:GetObject"], ["arn:aws:s3:::data/*"]))],
            },
        )
        assert made.service_account == "reader"

    return deploy(program)


def test_a_service_account_and_a_role_that_only_its_pods_take_on() -> None:
    made = identity()
    account = made.one(":ServiceAccount").inputs["metadata"]
    association = made.one(":PodIdentityAssociation").inputs
    assert (account["name"], account["namespace"]) == ("reader", "training")
    assert (association["serviceAccount"], association["namespace"]) == ("reader", "training")
    trust = json.loads(made.one(":Role").inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Condition"]["StringEquals"] == {
        "aws:SourceAccount": "123456789012",
        "aws:RequestTag/eks-cluster-name": "ml-dev",
        "aws:RequestTag/kubernetes-namespace": "training",
        "aws:RequestTag/kubernetes-service-account": "reader",
    }


def test_the_role_may_do_what_it_is_told_and_no_more() -> None:
    policy = json.loads(identity().one(":RolePolicy").inputs["policy"])
    assert [each["Action"] for each in policy["Statement"]] == [["s3:GetObject"]]
