"""Training as a whole: the controller, the role of its jobs, and the jobs."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.storage.mount import StorageMount
from components.tags import identity_tags
from components.training.controller import TrainingController
from components.training.execution_role import CHECKPOINTS, MODELS, ExecutionRole
from components.training.images import xgboost_image
from components.training.job import TrainingJob
from components.training.on_new_data import OnNewData, OnNewDataSettings
from components.training.script_mode import TrainingScript, script_parameters
from components.training.security_group import TrainingSecurityGroup
from components.training.specification import AlgorithmArgs, TrainingJobArgs


class JobArgs(AlgorithmArgs):
    """One training job."""

    dataset: str
    """The dataset it reads, by its name in the bucket."""
    image: str | None
    """A training image of one's own; SageMaker's XGBoost when None."""
    xgboost_version: str
    """The version of SageMaker's XGBoost, as 1.7-1."""
    script: bool
    """Whether our script runs in SageMaker's XGBoost, instead of its own algorithm."""
    checkpoints: bool
    """Whether checkpoints are kept in the bucket."""
    run: int
    """Which time it trains on what else is told here, 1 or more."""


class TrainingArgs(TypedDict):
    """What a Training is made of."""

    controller: TrainingController
    """What launches the jobs."""
    role: ExecutionRole
    """The role of the jobs."""
    mount: StorageMount
    """Where the datasets are read, in the cluster in which the controller runs."""
    group: TrainingSecurityGroup
    """The jobs' group, which the storage admits."""
    namespace: str
    """Where the jobs' objects are, one of the namespaces of the mount."""
    namespace_uids: dict[str, pulumi.Output[str]]
    """Unique id of each namespace, by name."""
    jobs: dict[str, JobArgs]
    """The jobs by name."""
    tags: dict[str, str]
    """Tags of one's own, which every job gets."""
    on_new_data: OnNewDataSettings | None
    """When new data is trained on; never when None."""


class Training(pulumi.ComponentResource):
    """Everything that trains; a job waits for no more than it reads and what launches it."""

    mount: StorageMount
    """Where the datasets are read."""
    namespace: str
    """Where the jobs' objects are."""
    jobs: dict[str, TrainingJob]
    """By name."""
    job_names: dict[str, pulumi.Output[str]]
    """SageMaker's name of each job."""
    ready: list[pulumi.Resource]
    """The jobs, once SageMaker has taken them."""
    on_new_data: OnNewData | None
    """What trains on new data, if anything does."""

    def __init__(
        self,
        name: str,
        args: TrainingArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("eks-ml-storage:training:Training", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.mount, self.namespace = args["mount"], args["namespace"]
        self._storage, self._bucket = args["mount"].storage, args["mount"].bucket
        self._role = args["role"]
        self._region = aws.get_region_output().region
        versions = {job["xgboost_version"] for job in args["jobs"].values()}
        self._images = {version: xgboost_image(version) for version in sorted(versions)}
        self._script = self._training_script()
        code = self._script.ready if self._script else []
        launch = [*args["controller"].ready, *self._role.ready, *code]
        self.jobs = {job: self._job(job, launch) for job in args["jobs"]}
        self.job_names = {name: job.job_name for name, job in self.jobs.items()}
        self.ready = [job.submitted for job in self.jobs.values()]
        self.on_new_data = self._on_new_data(launch)
        self.register_outputs({"jobNames": self.job_names})

    def _training_script(self) -> TrainingScript | None:
        """Our script in the bucket, if a job runs it."""
        if not any(job["script"] for job in self._args["jobs"].values()):
            return None
        return TrainingScript(
            f"{self._name}-script", {"bucket_name": self._bucket.name}, self._child
        )

    def _job(self, job: str, launch: Sequence[pulumi.Resource]) -> TrainingJob:
        """One job, once it can be launched and its dataset can be read."""
        ready = self._args["mount"].dataset_ready(self._args["jobs"][job]["dataset"])
        after = [*launch, *ready, self.mount.jobs_access]
        return TrainingJob(f"{self._name}-{job}", self._job_args(job), self._child, after=after)

    def _on_new_data(self, launch: Sequence[pulumi.Resource]) -> OnNewData | None:
        """What makes more jobs like one of them."""
        settings = self._args["on_new_data"]
        if settings is None:
            return None
        return OnNewData(
            f"{self._name}-on-new-data",
            {
                "settings": settings,
                "mount": self._args["mount"],
                "namespace": self._args["namespace"],
                "dataset": self._bucket.datasets[self._args["jobs"][settings["job"]]["dataset"]],
                "training_job": self._job_args(settings["job"]),
            },
            self._child,
            after=launch,
        )

    def _job_args(self, job: str) -> TrainingJobArgs:
        """What a job is made of."""
        args, given = self._args, self._args["jobs"][job]
        dataset = self._bucket.datasets[given["dataset"]]
        algorithm: JobArgs = {**given, "hyper_parameters": self._hyper_parameters(given)}
        return {
            "namespace": args["mount"].namespaces[args["namespace"]],
            "name_prefix": f"{pulumi.get_stack()}-{job}",
            "algorithm": algorithm,
            "image": given["image"] or self._images[given["xgboost_version"]],
            "source": self._storage.data_source(
                args["mount"].datasets[given["dataset"]].channels, args["group"].id
            ),
            "role_arn": self._role.arn,
            "output_path": self._path(f"{MODELS}/{job}"),
            "checkpoint_path": self._path(f"{CHECKPOINTS}/{job}") if given["checkpoints"] else None,
            "tags": self._tags(job, dataset.digest, given["run"]),
            "dataset_digest": dataset.digest,
            "run": given["run"],
            "namespace_uid": args["namespace_uids"][args["namespace"]],
        }

    def _hyper_parameters(self, job: JobArgs) -> Mapping[str, pulumi.Input[str]]:
        """A job's own ones, with those that say where the script is if it runs one."""
        if self._script is None or not job["script"]:
            return job["hyper_parameters"]
        return script_parameters(job["hyper_parameters"], self._script.uri, self._region)

    def _path(self, prefix: str) -> pulumi.Output[str]:
        """A prefix of the data bucket as an S3 path."""
        return pulumi.Output.concat("s3://", self._bucket.name, f"/{prefix}")

    def _tags(self, job: str, digest: str, run: int) -> Mapping[str, str]:
        """The stack's tags, which no provider puts on what ACK makes, and what the name tells."""
        identity = identity_tags(pulumi.get_project(), pulumi.get_stack(), f"{self._name}-{job}")
        return {**self._args["tags"], **identity, "DatasetDigest": digest, "Run": str(run)}
