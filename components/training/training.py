"""The training jobs of a stack."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from components.dependencies import split_depends_on
from components.storage.base import FileSystem, LoadedDataset
from components.training.channels import named_channels
from components.training.script_mode import TrainingScript
from components.training.training_job import TrainingJob, TrainingJobArgs
from components.training.training_job_spec import DatasetTrainingJobSpec


class TrainingArgs(TypedDict):
    """Arguments of `Training`."""

    jobs: Mapping[str, DatasetTrainingJobSpec]
    """Jobs by name."""
    datasets: Mapping[str, LoadedDataset]
    """Datasets on the file system, by name."""
    file_system: FileSystem
    """File system with the datasets."""
    security_group_id: pulumi.Input[str]
    """Id of the jobs' security group, from which the file system can be reached."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket, for models, checkpoints and the script."""
    role_arn: pulumi.Input[str]
    """ARN of the jobs' execution role."""
    namespace: pulumi.Input[str]
    """Namespace of the TrainingJob objects."""
    namespace_uid: NotRequired[pulumi.Input[str]]
    """Unique id of the namespace. With it, a cluster that is created again never asks SageMaker for
    a name that is taken."""
    tags: NotRequired[Mapping[str, str]]
    """Further tags of every job; none by default."""


class Training(pulumi.ComponentResource):
    """Training jobs, each of which waits for its own dataset only.

    All of them wait for the resources of `depends_on`: the ACK controller, the permissions of the
    execution role and the way to the file system. Resources that depend on this component wait
    until SageMaker has accepted all jobs.
    """

    jobs: dict[str, TrainingJob]
    """Jobs by name."""
    job_names: dict[str, pulumi.Output[str]]
    """SageMaker's name of each job."""

    def __init__(
        self, name: str, args: TrainingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:training:Training", name, {}, own)
        script: TrainingScript | None = None
        if any(spec.script for spec in args["jobs"].values()):
            script = TrainingScript(
                f"{name}-script",
                {"bucket_name": args["bucket_name"]},
                pulumi.ResourceOptions(parent=self),
            )
            depends_on.append(script)
        self.jobs = {
            job: TrainingJob(
                f"{name}-{job}",
                job_args(args, job, script),
                pulumi.ResourceOptions(
                    parent=self,
                    depends_on=[
                        *depends_on,
                        *inputs_of(spec, args["datasets"], args["file_system"]),
                    ],
                ),
            )
            for job, spec in args["jobs"].items()
        }
        self.job_names = {job: made.job_name for job, made in self.jobs.items()}
        self.register_outputs({"jobNames": self.job_names})


def inputs_of(
    spec: DatasetTrainingJobSpec,
    datasets: Mapping[str, LoadedDataset],
    file_system: FileSystem,
) -> list[pulumi.Resource]:
    """Return the resources that a job depends on: they are there once its data is.

    Args:
        spec: Settings of the job.
        datasets: Datasets by name.
        file_system: The shared storage.
    """
    if spec.dataset:
        return [*file_system.waits_of_jobs(datasets[spec.dataset])]
    found: list[pulumi.Resource] = []
    for one in spec.channels.values():
        dataset = datasets[one.dataset]
        found += dataset.uploads if one.source == "s3" else file_system.waits_of_jobs(dataset)
    return found


def job_args(args: TrainingArgs, job: str, script: TrainingScript | None) -> TrainingJobArgs:
    """Return the arguments of one job."""
    spec = args["jobs"][job]
    file_system, group_id = args["file_system"], args["security_group_id"]
    dataset = args["datasets"][spec.dataset] if spec.dataset else None
    found: TrainingJobArgs = {
        "spec": spec,
        "source": file_system.dataset_source(dataset, group_id)
        if dataset
        else file_system.data_source({}, group_id),
        "bucket_name": args["bucket_name"],
        "role_arn": args["role_arn"],
        "namespace": args["namespace"],
        "name": job,
        "tags": args.get("tags", {}),
    }
    if dataset is not None:
        found["dataset_digest"] = dataset.digest
    else:
        found["inputs"] = named_channels(spec.channels, args["datasets"], file_system, group_id)
    if "namespace_uid" in args:
        found["namespace_uid"] = args["namespace_uid"]
    if script is not None:
        found["script_uri"] = script.uri
    return found
