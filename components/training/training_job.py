"""One SageMaker training job, as a TrainingJob object of Kubernetes.

The fields of its specification are ACK's: CreateTrainingJob's with a small first letter and
acronyms in capitals.
Source: https://aws-controllers-k8s.github.io/community/reference/sagemaker/v1alpha1/trainingjob/
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NotRequired, TypedDict

import pulumi

from components.account import region
from components.dependencies import split_depends_on
from components.storage.data_source import DataSource
from components.tags import identity_tags
from components.training.channels import ChannelInput, whole_source
from components.training.execution_role import CHECKPOINTS, MODELS
from components.training.images import xgboost_image
from components.training.script_mode import TrainingScript, script_parameters
from components.training.submission import Submission, require_accepted
from components.training.training_job_spec import TrainingJobSpec

DEFAULT_CONTENT_TYPE = "text/csv"
"""Format of the data for SageMaker's XGBoost."""


class TrainingJobArgs(TypedDict):
    """Arguments of `TrainingJob`."""

    spec: TrainingJobSpec
    """Algorithm, instances and limits."""
    source: DataSource
    """Place of each channel's files, subnets and security group."""
    bucket_name: pulumi.Input[str]
    """Name of the bucket for the model, at models/NAME, and for checkpoints and the script."""
    role_arn: pulumi.Input[str]
    """ARN of the execution role, such as that of an `ExecutionRole`."""
    namespace: pulumi.Input[str]
    """Namespace of the TrainingJob object."""
    inputs: NotRequired[Sequence[ChannelInput]]
    """Channels that are named one by one; by default each channel of `source`."""
    name: NotRequired[str]
    """Name of the job, part of SageMaker's name and of its paths in the bucket; by default the name
    of the component."""
    dataset_digest: NotRequired[str]
    """Digest of the dataset's content, of which another one trains again; none by default."""
    namespace_uid: NotRequired[pulumi.Input[str]]
    """Unique id of the namespace. With it, a cluster that is created again never asks SageMaker for
    a name that is taken."""
    script_uri: NotRequired[pulumi.Input[str]]
    """Address of the script's archive in S3; by default a job with `script` uploads one."""
    tags: NotRequired[Mapping[str, str]]
    """Further tags of the training job; none by default."""


class TrainingJob(pulumi.ComponentResource):
    """A training job whose name has a hash of all values that decide its model.

    A change of these values creates a new job and then deletes the object of the old one, which
    stops it if it still trains. SageMaker does not change a job that it has accepted, so any other
    change applies to the next job.

    Only the job waits for the resources of `depends_on`, such as the ACK controller. Resources that
    depend on this component wait until SageMaker has accepted the job.
    """

    job_name: pulumi.Output[str]
    """Name of the job in SageMaker and of its object."""
    submitted: Submission
    """TrainingJob object, created once SageMaker has accepted the job."""
    args: TrainingJobArgs
    """All arguments, with those that were not given; `OnNewData` makes jobs like it of them."""

    def __init__(
        self, name: str, args: TrainingJobArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:training:TrainingJob", name, {}, own)
        job = args.get("name", name)
        # No provider's default tags reach what ACK makes.
        identity = identity_tags(pulumi.get_project(), pulumi.get_stack(), name)
        self.args = {**args, "name": job, "tags": {**args.get("tags", {}), **identity}}
        if args["spec"].script and "script_uri" not in args:
            script = TrainingScript(
                f"{name}-script",
                {"bucket_name": args["bucket_name"]},
                pulumi.ResourceOptions(parent=self),
            )
            self.args["script_uri"] = script.uri
            depends_on.append(script)
        self.job_name = model_identity(self.args).apply(
            lambda text: job_name(name_prefix(self.args), text)
        )
        self.submitted = Submission(
            f"{name}-job",
            {"name": self.job_name, "namespace": args["namespace"]},
            {"trainingJobName": self.job_name, **specification(self.args)},
            pulumi.ResourceOptions(
                parent=self,
                depends_on=depends_on,
                # Of no effect on a replacement, which is made of the new specification.
                ignore_changes=["spec"],
                custom_timeouts=pulumi.CustomTimeouts(create="5m", delete="15m"),
            ),
        )
        taken = pulumi.Output.all(self.job_name, self.submitted.status).apply(
            lambda known: require_accepted(job, *known)
        )
        self.register_outputs({"jobName": taken})


def specification(args: TrainingJobArgs) -> dict[str, Any]:
    """Return a TrainingJob's spec without its name."""
    given, source, digest = args["spec"], args["source"], args.get("dataset_digest")
    content = {} if digest is None else {"DatasetDigest": digest}
    tags = {**args.get("tags", {}), **content, "Run": str(given.run)}
    spec: dict[str, Any] = {
        "algorithmSpecification": {"trainingImage": image(given), "trainingInputMode": "File"},
        "roleARN": args["role_arn"],
        "hyperParameters": hyper_parameters(args),
        "inputDataConfig": [
            one.request(content_type(given)) for one in args.get("inputs", whole_source(source))
        ],
        "outputDataConfig": {"s3OutputPath": output_path(args)},
        "resourceConfig": {
            "instanceType": given.instance_type,
            "instanceCount": given.instance_count,
            "volumeSizeInGB": given.volume_size_gib,
        },
        "enableManagedSpotTraining": given.spot,
        "stoppingCondition": _stopping_condition(given),
        "vpcConfig": {
            "securityGroupIDs": [source.security_group_id],
            "subnets": source.subnet_ids,
        },
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
    }
    add_options(spec, given)
    if given.checkpoints:
        spec["checkpointConfig"] = {"s3URI": checkpoint_uri(args)}
    return spec


def model_identity(args: TrainingJobArgs) -> pulumi.Output[str]:
    """Return all values that decide the model and its path, as text.

    Instance type and count belong to it: XGBoost computes otherwise on a GPU and in other parts.
    Of a channel, its data, its format and what each instance gets of it do, and so does the
    environment. Network, role, tags, file system, input mode, keys, volume, limits, retries, warm
    pool and spot do not: they decide how a job is run, not its model, and a completed job is not
    run again because of them.
    """
    spec = args["spec"]
    # What the last release did not know is left out where it is not set, so that names stay.
    inputs = [one.identity() for one in args.get("inputs", ())]
    more = {"inputs": inputs, "environment": spec.environment}
    return pulumi.Output.json_dumps(
        {
            **{key: value for key, value in more.items() if value},
            "image": image(spec),
            "content_type": spec.content_type or DEFAULT_CONTENT_TYPE,
            "hyper_parameters": hyper_parameters(args),
            "instance_type": spec.instance_type,
            "instance_count": spec.instance_count,
            "dataset": args.get("dataset_digest"),
            "run": spec.run,
            "output_path": output_path(args),
            "namespace": args.get("namespace_uid"),
        },
        sort_keys=True,
    )


def content_type(spec: TrainingJobSpec) -> str | None:
    """Return the format that a job's container is told; None for an image that is told none."""
    return spec.content_type or (None if spec.image else DEFAULT_CONTENT_TYPE)


def add_options(spec: dict[str, Any], given: TrainingJobSpec) -> None:
    """Add the options that are set to a TrainingJob's spec: the others stay away from it."""
    resources, output = spec["resourceConfig"], spec["outputDataConfig"]
    for holder, key, value in (
        (spec, "environment", given.environment),
        (spec, "enableNetworkIsolation", given.network_isolation),
        (spec, "enableInterContainerTrafficEncryption", given.encrypt_traffic),
        (resources, "volumeKMSKeyID", given.volume_kms_key_arn),
        (output, "kmsKeyID", given.output_kms_key_arn),
        (resources, "keepAlivePeriodInSeconds", given.keep_alive_seconds),
        (spec["stoppingCondition"], "maxPendingTimeInSeconds", given.max_pending_seconds),
    ):
        if value:
            holder[key] = value
    if given.max_retries:
        spec["retryStrategy"] = {"maximumRetryAttempts": given.max_retries}


def image(spec: TrainingJobSpec) -> pulumi.Input[str]:
    """Return the URI of a job's training image: its own one or SageMaker's XGBoost."""
    return spec.image or xgboost_image(spec.xgboost_version)


def hyper_parameters(args: TrainingJobArgs) -> dict[str, pulumi.Input[str]]:
    """Return a job's hyperparameters, with those by which SageMaker's image finds a script."""
    own: dict[str, pulumi.Input[str]] = {**args["spec"].hyper_parameters}
    if not args["spec"].script:
        return own
    return script_parameters(own, args["script_uri"], region())


def output_path(args: TrainingJobArgs) -> pulumi.Output[str]:
    """Return the address in S3 below which SageMaker puts the models of a job."""
    return pulumi.Output.concat("s3://", args["bucket_name"], f"/{MODELS}/{args['name']}")


def checkpoint_uri(args: TrainingJobArgs, *below: str) -> pulumi.Output[str]:
    """Return an address for a job's checkpoints that no job has which makes another model.

    A job goes on from any checkpoints that it finds, and those of other data or hyperparameters
    would be wrong.

    Args:
        args: Arguments of the job.
        below: Further directories below that of the job's name.
    """
    digest = model_identity(args).apply(lambda text: sha256(text.encode()).hexdigest()[:12])
    path = "/".join([CHECKPOINTS, args["name"], *below])
    return pulumi.Output.concat("s3://", args["bucket_name"], f"/{path}/", digest, "/")


def name_prefix(args: TrainingJobArgs) -> str:
    """Return the beginning of a job's name. SageMaker's names are unique in the whole account."""
    return f"{pulumi.get_stack()}-{args['name']}"


def job_name(prefix: str, text: str) -> str:
    """Return a name of at most SageMaker's 63 characters: a prefix and a hash of an identity.

    SageMaker takes a name once in the life of an account and changes no job, so that another model
    has to be a new job under a new name, and the same model has to keep its name.
    """
    digest = sha256(text.encode()).hexdigest()[:8]
    return f"{prefix[:54].rstrip('-')}-{digest}"


def _stopping_condition(spec: TrainingJobSpec) -> dict[str, int]:
    condition = {"maxRuntimeInSeconds": spec.max_runtime_seconds}
    if spec.spot:
        longest = spec.max_wait_seconds or spec.max_runtime_seconds
        condition["maxWaitTimeInSeconds"] = longest
    return condition
