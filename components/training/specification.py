"""The specification of a SageMaker training job, as ACK's TrainingJob kind takes it.

The field names are ACK's: CreateTrainingJob's with a small first letter and acronyms in capitals.
Source: https://aws-controllers-k8s.github.io/community/reference/sagemaker/v1alpha1/trainingjob/
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypedDict

import pulumi

from components.storage.base import DataSource


class AlgorithmArgs(TypedDict):
    """How a job trains."""

    content_type: str
    """text/csv or text/libsvm."""
    instance_type: str
    """A SageMaker instance type, as ml.m5.large."""
    instance_count: int
    """How many instances share the job."""
    volume_size_gib: int
    """The volume of each, in GiB."""
    max_runtime_seconds: int
    """When a job that still trains is stopped."""
    spot: bool
    """Whether it trains on spare capacity."""
    max_wait_seconds: int | None
    """With spot, how long it may wait and train in all."""
    hyper_parameters: Mapping[str, pulumi.Input[str]]
    """The algorithm's."""


class TrainingJobArgs(TypedDict):
    """What a training job is made of."""

    namespace: pulumi.Input[str]
    """Where the object is."""
    name_prefix: str
    """What the name of the job begins with: SageMaker's names are for the whole account."""
    algorithm: AlgorithmArgs
    """How it trains."""
    image: pulumi.Input[str]
    """The training image, in Amazon ECR."""
    source: DataSource
    """What it reads."""
    role_arn: pulumi.Input[str]
    """The execution role."""
    output_path: pulumi.Input[str]
    """Where the model goes, as s3://BUCKET/PREFIX."""
    checkpoint_path: pulumi.Input[str] | None
    """Below which its checkpoints go, as s3://BUCKET/PREFIX; it keeps none when None."""
    tags: Mapping[str, str]
    """Tags of the training job."""
    dataset_digest: str
    """Digest of the dataset's content."""
    run: int
    """Number of the run: another one trains again with everything else the same."""
    namespace_uid: pulumi.Input[str]
    """Unique id of the namespace, by which a cluster that is made again never asks SageMaker for a
    name that it has used."""


def specification(args: TrainingJobArgs) -> dict[str, Any]:
    """All of a TrainingJob's spec but its name."""
    algorithm, source = args["algorithm"], args["source"]
    spec: dict[str, Any] = {
        "algorithmSpecification": {"trainingImage": args["image"], "trainingInputMode": "File"},
        "roleARN": args["role_arn"],
        "hyperParameters": {**algorithm["hyper_parameters"]},
        "inputDataConfig": [
            _channel(channel, directory, algorithm["content_type"], source)
            for channel, directory in source.channels.items()
        ],
        "outputDataConfig": {"s3OutputPath": args["output_path"]},
        "resourceConfig": {
            "instanceType": algorithm["instance_type"],
            "instanceCount": algorithm["instance_count"],
            "volumeSizeInGB": algorithm["volume_size_gib"],
        },
        "enableManagedSpotTraining": algorithm["spot"],
        "stoppingCondition": _stopping_condition(algorithm),
        "vpcConfig": {
            "securityGroupIDs": [source.security_group_id],
            "subnets": source.subnet_ids,
        },
        "tags": [{"key": key, "value": value} for key, value in args["tags"].items()],
    }
    if args["checkpoint_path"] is not None:
        spec["checkpointConfig"] = {"s3URI": checkpoints(args["checkpoint_path"], args)}
    return spec


def identity(args: TrainingJobArgs) -> pulumi.Output[str]:
    """Everything that decides which model comes out, and where it is, as text.

    Instance type and count belong to it: XGBoost computes otherwise on a GPU and in other parts.
    Network, role, tags, file system, volume, limits and spot do not: they decide how a job is
    run, not what it makes, and a completed job is not run again because of them.
    """
    algorithm = args["algorithm"]
    return pulumi.Output.json_dumps(
        {
            "image": args["image"],
            "content_type": algorithm["content_type"],
            "hyper_parameters": {**algorithm["hyper_parameters"]},
            "instance_type": algorithm["instance_type"],
            "instance_count": algorithm["instance_count"],
            "dataset": args["dataset_digest"],
            "run": args["run"],
            "output_path": args["output_path"],
            "namespace": args["namespace_uid"],
        },
        sort_keys=True,
    )


def checkpoints(path: pulumi.Input[str], args: TrainingJobArgs) -> pulumi.Output[str]:
    """A path for a job's checkpoints that no job has which makes another model.

    A job goes on from whatever checkpoints it finds, and those of other data or hyperparameters
    would be wrong.
    """
    digest = identity(args).apply(lambda text: sha256(text.encode()).hexdigest()[:12])
    return pulumi.Output.concat(path, "/", digest, "/")


def job_name(prefix: str, text: str) -> str:
    """A name for an identity: prefix and a digest, at most SageMaker's 63 characters.

    SageMaker takes a name once in the life of an account and changes no job, so that another model
    has to be a new job under a new name, and the same model has to keep its name.
    """
    digest = sha256(text.encode()).hexdigest()[:8]
    return f"{prefix[:54].rstrip('-')}-{digest}"


def _channel(
    name: str, directory: pulumi.Input[str], content_type: str, source: DataSource
) -> dict[str, Any]:
    """One input channel, read from the file system."""
    return {
        "channelName": name,
        "contentType": content_type,
        "inputMode": "File",
        "dataSource": {
            "fileSystemDataSource": {
                "fileSystemID": source.file_system_id,
                "fileSystemType": source.file_system_type,
                "fileSystemAccessMode": "ro",
                "directoryPath": directory,
            }
        },
    }


def _stopping_condition(algorithm: AlgorithmArgs) -> dict[str, int]:
    """When the job ends at the latest; spare capacity may be waited for as well."""
    condition = {"maxRuntimeInSeconds": algorithm["max_runtime_seconds"]}
    if algorithm["spot"]:
        longest = algorithm["max_wait_seconds"] or algorithm["max_runtime_seconds"]
        condition["maxWaitTimeInSeconds"] = longest
    return condition
