import json

import pulumi

from components.charts import ChartArgs
from components.training.controller import TrainingController
from components.training.execution_role import ExecutionRole
from tests.components.samples import cluster
from tests.mocks import Deployment, deploy

CHART: ChartArgs = {
    "chart": "oci://public.ecr.aws/aws-controllers-k8s/sagemaker-chart",
    "repository": None,
    "version": "1.9.1",
    "timeout_seconds": 600,
    "values": {},
}


def controller() -> Deployment:
    def program() -> None:
        role = ExecutionRole("jobs", {"bucket_arn": pulumi.Output.from_input("arn:aws:s3:::data")})
        TrainingController(
            "ack",
            {**CHART, "cluster": cluster(), "execution_role_arn": role.arn},
        )
        pulumi.export("role", role.arn)

    return deploy(program)


def test_the_controller_may_hand_over_the_execution_role_and_only_to_sagemaker() -> None:
    made = controller()
    policy = json.loads(made.one(":RolePolicy", "ack-access-policy-0").inputs["policy"])
    (passing,) = [each for each in policy["Statement"] if "iam:PassRole" in each["Action"]]
    assert passing["Resource"] == [made.exports["role"]]
    assert passing["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }


def test_the_controllers_rights_are_of_training_jobs_only() -> None:
    policy = json.loads(controller().one(":RolePolicy", "ack-access-policy-0").inputs["policy"])
    actions = {action for each in policy["Statement"] for action in each["Action"]}
    assert not {each for each in actions if each.endswith("*")}
    sagemaker = [each for each in policy["Statement"] if "sagemaker:" in each["Action"][0]]
    assert [each["Resource"] for each in sagemaker] == [["arn:*:sagemaker:*:*:training-job/*"]]


def test_the_controller_runs_as_the_account_that_has_its_rights() -> None:
    made = controller()
    values = made.one(":Release").inputs["values"]
    association = made.one(":PodIdentityAssociation").inputs
    assert values["serviceAccount"] == {"create": True, "name": association["serviceAccount"]}
    assert values["aws"] == {"region": "us-west-2"}
    assert made.one(":Namespace").inputs["metadata"]["name"] == association["namespace"]
    assert made.one(":PodIdentityAssociation") in made.waits_for(made.one(":Release"))


def test_the_execution_role_is_sagemakers_and_reaches_one_bucket() -> None:
    made = controller()
    role = made.one(":Role", "jobs-role")
    assert "sagemaker.amazonaws.com" in role.inputs["assumeRolePolicy"]
    policy = json.loads(made.one(":RolePolicy", "jobs-policy").inputs["policy"])
    buckets = {
        resource
        for each in policy["Statement"]
        if each["Action"][0].startswith("s3:")
        for resource in each["Resource"]
    }
    assert {resource.partition("/")[0] for resource in buckets} == {"arn:aws:s3:::data"}


def test_a_job_in_a_vpc_on_a_file_system_has_what_sagemaker_needs_of_its_role() -> None:
    policy = json.loads(controller().one(":RolePolicy", "jobs-policy").inputs["policy"])
    actions = {action for each in policy["Statement"] for action in each["Action"]}
    assert {
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeSubnets",
        "ecr:BatchGetImage",
        "fsx:DescribeFileSystems",
        "logs:PutLogEvents",
        "s3:PutObject",
    } <= actions
