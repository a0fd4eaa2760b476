import json
from collections.abc import Mapping

import pulumi
from rehearsal.aws.policy import Decision, Request, decide

from components.helm_spec import ChartSpec
from components.training.controller import TrainingController
from components.training.execution_role import ExecutionRole
from tests.mocks import Deployment, deploy

CHART = ChartSpec(chart="oci://public.ecr.aws/aws-controllers-k8s/sagemaker-chart", version="1.9.1")


def controller() -> Deployment:
    def program() -> None:
        role = ExecutionRole("jobs", {"bucket_arn": "arn:aws:s3:::data"})
        TrainingController(
            "ack", {"spec": CHART, "cluster_name": "ml-dev", "execution_role_arn": role.arn}
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
    assert {*map(str, (each["Resource"] for each in sagemaker))} == {
        "['arn:*:sagemaker:*:*:training-job/*']"
    }


STACK = {"Project": "eks-ml-storage", "Stack": "test"}


def may(action: str, **context: Mapping[str, str]) -> bool:
    """Return whether the controller may do it, with tags of the request and of the resource."""
    policy = json.loads(controller().one(":RolePolicy", "ack-access-policy-0").inputs["policy"])
    keys: dict[str, str | list[str]] = {
        f"aws:{kind}/{key}": value
        for kind in ("RequestTag", "ResourceTag")
        for key, value in context.get(kind, {}).items()
    }
    keys |= context.get("of_sagemaker", {})
    request = Request(action, "arn:aws:sagemaker:us-west-2:1:training-job/x", keys)
    return decide([policy], request) is Decision.ALLOWED


def test_the_controller_stops_jobs_of_its_stack_only() -> None:
    assert may("sagemaker:StopTrainingJob", ResourceTag=STACK)
    assert not may("sagemaker:StopTrainingJob", ResourceTag={**STACK, "Stack": "prod"})
    assert not may("sagemaker:StopTrainingJob")


def test_the_controller_tags_a_job_when_it_creates_it_and_never_later() -> None:
    creating = {"sagemaker:TaggingAction": "CreateTrainingJob"}
    assert may("sagemaker:CreateTrainingJob", RequestTag=STACK)
    assert may("sagemaker:AddTags", RequestTag=STACK, of_sagemaker=creating)
    assert not may("sagemaker:AddTags", RequestTag=STACK)
    assert not may("sagemaker:CreateTrainingJob", RequestTag={"Stack": "prod"})


def test_every_job_that_the_controller_creates_is_tagged_as_one_of_the_stack() -> None:
    tags = controller().one(":Release").inputs["values"]["resourceTags"]
    assert {"Project=eks-ml-storage", "Stack=test"} <= {*tags}
    assert any(one.startswith("services.k8s.aws/namespace=") for one in tags), "ACK's own too"


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
    assert "arn:aws:s3:::data/*" not in buckets, "datasets are not its own to read or write"


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
