"""EKS and the account of a rehearsed stack, as the AWS CLI shows them."""

import json
import urllib.request
from typing import Any

from tests.stacks.clone import Clone, token


def aws(clone: Clone, stack: str, *arguments: str) -> dict[str, Any]:
    """The answer of a command of the AWS CLI."""
    found: dict[str, Any] = json.loads(clone.in_environment(stack, "aws", *arguments))
    return found


def cluster_name(stack: str) -> str:
    return f"eks-ml-storage-{stack}"


def log_group(stack: str) -> str:
    """The name of the log group that EKS writes a control plane's logs to."""
    return f"/aws/eks/{cluster_name(stack)}/cluster"


def control_plane_version(clone: Clone, stack: str) -> str:
    described = aws(clone, stack, "eks", "describe-cluster", "--name", cluster_name(stack))
    return str(described["cluster"]["version"])


def node_groups(clone: Clone, stack: str) -> dict[str, dict[str, Any]]:
    """The node groups as EKS describes them, by their names in the stack's file."""
    found, of = {}, ("--cluster-name", cluster_name(stack))
    for name in aws(clone, stack, "eks", "list-nodegroups", *of)["nodegroups"]:
        asked = ("eks", "describe-nodegroup", *of, "--nodegroup-name", name)
        group = aws(clone, stack, *asked)["nodegroup"]
        found[group["labels"]["eks-ml-storage/node-group"].removeprefix("nodes-")] = group
    return found


def addons(clone: Clone, stack: str) -> dict[str, str]:
    """The version of each add-on."""
    of = ("--cluster-name", cluster_name(stack))
    return {
        name: aws(clone, stack, "eks", "describe-addon", *of, "--addon-name", name)["addon"][
            "addonVersion"
        ]
        for name in aws(clone, stack, "eks", "list-addons", *of)["addons"]
    }


def release_addon(clone: Clone, stack: str, name: str, version: str) -> None:
    """Have AWS release a newer version of an add-on."""
    environment = json.loads((clone.home / "environments" / stack / "environment.json").read_text())
    address = f"http://127.0.0.1:{environment['ports']['cloud']}/rehearsal/eks/add-ons/{name}"
    body = json.dumps({"version": version}).encode()
    request = urllib.request.Request(
        address, body, {"Content-Type": "application/json", **token(environment)}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def log_groups(clone: Clone, stack: str) -> dict[str, Any]:
    """The retention of each log group, in days; None is for ever."""
    found = aws(clone, stack, "logs", "describe-log-groups")["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays") for group in found}


def subnets(clone: Clone, stack: str) -> dict[str, str]:
    """The CIDR block of each subnet of the stack's VPC, by the subnet's id."""
    of = f"Name=vpc-id,Values={clone.outputs(stack)['vpcId']}"
    found = aws(clone, stack, "ec2", "describe-subnets", "--filters", of)["Subnets"]
    return {one["SubnetId"]: one["CidrBlock"] for one in found}


def file_systems(clone: Clone, stack: str) -> dict[str, int]:
    """The capacity in GiB of each FSx file system, by its id."""
    found = aws(clone, stack, "fsx", "describe-file-systems")["FileSystems"]
    return {one["FileSystemId"]: one["StorageCapacity"] for one in found}


def training_jobs(clone: Clone, stack: str) -> set[str]:
    """The names of the training jobs that SageMaker has ever been given."""
    found = aws(clone, stack, "sagemaker", "list-training-jobs")["TrainingJobSummaries"]
    return {one["TrainingJobName"] for one in found}
