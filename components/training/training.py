"""Training as a whole: the controller, the role of its jobs, and the jobs."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi

from components.bucket import Bucket
from components.charts import ChartArgs
from components.cluster import Cluster
from components.storage.mount import StorageMount
from components.storage.shared_storage import SharedStorage
from components.tags import identity_tags
from components.training.controller import TrainingController
from components.training.execution_role import ExecutionRole
from components.training.images import xgboost_image
from components.training.job import TrainingJob
from components.training.specification import AlgorithmArgs


class JobArgs(AlgorithmArgs):
    """One training job."""

    dataset: str
    """The dataset it reads, by its name in the bucket."""
    image: str | None
    """A training image of one's own; SageMaker's XGBoost when None."""
    xgboost_version: str
    """The version of SageMaker's XGBoost, as 1.7-1."""


class TrainingArgs(TypedDict):
    """What a Training is made of."""

    cluster: Cluster
    """Where the controller runs."""
    region: str
    """Where the jobs run."""
    chart: ChartArgs
    """The controller's chart."""
    namespace: pulumi.Input[str]
    """Where the jobs' objects are."""
    bucket: Bucket
    """Where the models go."""
    storage: SharedStorage
    """Where the datasets are read."""
    mount: StorageMount
    """What puts them there."""
    security_group_id: pulumi.Input[str]
    """The jobs' group, which the storage admits."""
    jobs: dict[str, JobArgs]
    """The jobs by name."""


class Training(pulumi.ComponentResource):
    """Everything that trains; a job waits for no more than it reads and what launches it."""

    job_names: dict[str, pulumi.Output[str]]
    """SageMaker's name of each job."""

    def __init__(
        self,
        name: str,
        args: TrainingArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        workers: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:training:Training", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._role = ExecutionRole(
            f"{name}-execution", {"bucket_arn": args["bucket"].arn}, self._child
        )
        controller = TrainingController(
            f"{name}-controller",
            {
                "cluster_name": args["cluster"].name,
                "region": args["region"],
                "chart": args["chart"],
                "execution_role_arn": self._role.arn,
            },
            self._child,
            after=workers,
        )
        versions = {job["xgboost_version"] for job in args["jobs"].values()}
        self._images = {version: xgboost_image(version) for version in sorted(versions)}
        launch = [*controller.ready, *self._role.ready]
        self.job_names = {job: self._job(job, launch).job_name for job in args["jobs"]}
        self.register_outputs({"jobNames": self.job_names})

    def _job(self, job: str, launch: Sequence[pulumi.Resource]) -> TrainingJob:
        """One job, once it can be launched and its dataset can be read."""
        args, algorithm = self._args, self._args["jobs"][job]
        dataset = args["bucket"].datasets[algorithm["dataset"]]
        return TrainingJob(
            f"{self._name}-{job}",
            {
                "namespace": args["namespace"],
                "name_prefix": f"{pulumi.get_stack()}-{job}",
                "algorithm": algorithm,
                "image": algorithm["image"] or self._images[algorithm["xgboost_version"]],
                "source": args["storage"].data_source(dataset.keys, args["security_group_id"]),
                "role_arn": self._role.arn,
                "output_path": pulumi.Output.concat("s3://", args["bucket"].name, f"/models/{job}"),
                "tags": self._tags(job, dataset.digest),
            },
            self._child,
            after=[*launch, *args["mount"].dataset_ready(algorithm["dataset"])],
        )

    def _tags(self, job: str, digest: str) -> Mapping[str, str]:
        """The identity tags, which no provider puts on what ACK makes, and the data's digest."""
        identity = identity_tags(pulumi.get_project(), pulumi.get_stack(), f"{self._name}-{job}")
        return {**identity, "DatasetDigest": digest}
