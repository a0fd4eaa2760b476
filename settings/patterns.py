"""Patterns of storage in machine learning, each of which a stack switches on by setting it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.spec.model import Spec
from components.training.training_job_spec import ContentType, Seconds

Count = Annotated[int, Field(ge=1)]
Port = Annotated[int, Field(ge=1024, le=65535)]


class Resources(Spec):
    """What a container asks for and is limited to, as Kubernetes quantities by resource."""

    requests: dict[str, str] = Field(default_factory=dict)
    """What a node must have free for it."""

    limits: dict[str, str] = Field(default_factory=dict)
    """What it may use at most."""


class ModelServer(Spec):
    """What answers with a model, on as many pods as replicas."""

    image: str | None = None
    """An image of your own, with its tag or digest; it finds the model's files in /opt/ml/model.
    Without one, the workloads image serves an XGBoost model as SageMaker's container would."""

    args: tuple[str, ...] = ()
    """Its command line, with an image of your own."""

    port: Port = 8080
    """Where it listens."""

    health_path: str = "/ping"
    """What answers 200 once the model is loaded."""

    replicas: Count = 1
    """How many pods."""

    resources: Resources = Resources(
        requests={"cpu": "250m", "memory": "512Mi"}, limits={"memory": "512Mi"}
    )
    """What each pod asks for; a quarter of a processor and 512 MiB when nothing is said."""

    node_group: str | None = None
    """The node group it runs on; any node without taints when null."""


class Model(Spec):
    """A model in the repository: what a training job makes, or files under a prefix."""

    job: str | None = None
    """One of training.jobs: the model it trains."""

    prefix: str | None = None
    """Or a prefix of the data bucket, such as models/x/. What is below it when the stack is
    deployed is brought, and brought again by the next update once something of it has changed."""

    namespace: str | None = None
    """Where it is served, one of storage.namespaces; the training namespace when null."""

    wait_seconds: Seconds = 3600
    """How long an update waits until the model is in the bucket."""

    server: ModelServer = ModelServer()
    """What answers with it."""


class ModelRepository(Spec):
    """Models are brought to the shared storage once, and every server reads them there."""

    models: dict[str, Model] = Field(default_factory=dict)
    """Models by name."""


class PodTraining(Spec):
    """Training in pods of the cluster, with XGBoost."""

    dataset: str
    """The dataset they read, by its name in bucket.datasets."""

    content_type: ContentType = "text/csv"
    """The format of the dataset's files."""

    hyper_parameters: dict[str, str] = Field(default_factory=dict)
    """XGBoost's; values are strings, in quotes."""

    checkpoint_every: Count = 10
    """Rounds from one checkpoint to the next."""

    max_runtime_seconds: Seconds = 3600
    """When training that has not ended is given up."""

    cpu: str = "500m"
    """The processors that each pod asks for, as a Kubernetes quantity."""

    memory: str = "1Gi"
    """The memory that each pod asks for and is limited to, as a Kubernetes quantity."""


class Checkpoints(PodTraining):
    """Checkpoints are written to a node's own fast disks and from there copied to S3.

    Training neither waits for a network nor loses more than the rounds since the last one.
    """

    node_group: str
    """The node group it runs on, one with instanceStore."""

    interval_seconds: Count = 10
    """How often the copy looks for new checkpoints."""

    keep_local: Count = 2
    """How many checkpoints stay on the node."""

    keep_remote: Count = 5
    """How many stay in the bucket."""

    scratch_size_gib: Count = 10
    """What checkpoints may take on the node's disks, in GiB."""


class DistributedDataset(PodTraining):
    """Several workers train one model, each on its part of a dataset on the shared storage."""

    workers: Annotated[int, Field(ge=2, le=100)] = 2
    """How many, spread over the nodes in the file system's zones."""


class Patterns(Spec):
    """The three patterns; one that is not set is not there."""

    model_repository: ModelRepository | None = None
    """Models on shared storage, and what serves them."""

    checkpoints: Checkpoints | None = None
    """Training that writes its checkpoints to instance storage."""

    distributed_dataset: DistributedDataset | None = None
    """Training by several workers on one dataset."""
