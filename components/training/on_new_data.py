"""Training on new data: an inbox, and a training job for each batch of its data."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.datasets import Dataset
from components.dependencies import split_depends_on
from components.events import BucketEvents
from components.iam import Statement, allow, document, read_objects
from components.inbox import Inbox
from components.pods.service_account import WorkloadIdentity
from components.pods.templates import (
    Mount,
    claim,
    container,
    directory_init_container,
    labels,
    pod_template,
)
from components.storage.base import Claim, FileSystem
from components.training.batch_template import (
    BATCHES,
    batch_directory,
    owner_reference,
    template,
    template_name,
)
from components.training.on_new_data_spec import OnNewDataSpec
from components.training.training_job import TrainingJobArgs

COMPONENT = "on-new-data"
TEMPLATE_DIRECTORY = "/etc/on-new-data"
TEMPLATE_FILE = "template.json"


class OnNewDataArgs(TypedDict):
    """Arguments of `OnNewData`."""

    spec: OnNewDataSpec
    """Size and age of a batch."""
    job: TrainingJobArgs
    """Arguments of the job that new jobs are like: `args` of a `TrainingJob`."""
    dataset: Dataset
    """Dataset that every batch contains, beside the new data."""
    file_system: FileSystem
    """File system behind the claim, on which the jobs read a batch."""
    claim: Claim
    """Claim on the shared storage in the namespace of the jobs' objects."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    image: pulumi.Input[str]
    """URI of the workloads image."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""
    bucket_access: Sequence[Statement]
    """Statements that allow reading the dataset's contents, by `Bucket.grant_read`, and the batches
    where jobs read these from the bucket. They must cover all contents, because a pod that is
    replaced still reads the last one."""
    force_destroy: NotRequired[bool]
    """True if destroying the stack deletes the objects of the inbox too; false by default."""
    protect: NotRequired[bool]
    """True if Pulumi must refuse to delete the inbox; false by default."""


class OnNewData(pulumi.ComponentResource):
    """An inbox, a queue of its events, and a pod that makes training jobs of them.

    New data is put at DATASET/CHANNEL/FILE in the inbox: data for one dataset is never taken for
    another's when onNewData gets another job.

    The jobs are owned by the pod's Role. When the stack is destroyed, deleting the Role waits until
    they are gone, while the controller that must remove their finalizers still runs. The Role in
    turn waits for the resources of `depends_on`, which must contain that controller.
    """

    inbox: Inbox
    """Bucket for new data."""
    events: BucketEvents
    """Queue of the inbox's events."""
    uri: pulumi.Output[str]
    """Address in S3 for new data, to be put at CHANNEL/FILE below it."""

    def __init__(
        self, name: str, args: OnNewDataArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:training:OnNewData", name, {}, own)
        child = pulumi.ResourceOptions(parent=self)
        namespace, prefix = args["claim"].namespace, f"{args['dataset'].name}/"
        self.inbox = Inbox(
            f"{name}-inbox",
            {
                "expiration_days": args["spec"].expiration_days,
                "force_destroy": args.get("force_destroy", False),
                "protect": args.get("protect", False),
            },
            child,
        )
        self.uri = pulumi.Output.concat("s3://", self.inbox.name, "/", prefix)
        self.events = BucketEvents(
            f"{name}-events",
            {"bucket_name": self.inbox.name, "bucket_arn": self.inbox.arn, "prefix": prefix},
            child,
        )
        policy = document(
            receive_messages(self.events.arn),
            *read_objects(self.inbox.arn, [prefix]),
            *args["bucket_access"],
        )
        identity = WorkloadIdentity(
            f"{name}-identity",
            {
                "cluster_name": args["cluster_name"],
                "namespace": namespace,
                "service_account": COMPONENT,
                "policies": [policy],
            },
            child,
        )
        role, binding = _permissions(name, namespace, self, depends_on)
        text = pulumi.Output.json_dumps(_template(args, role), sort_keys=True)
        config = kubernetes.core.v1.ConfigMap(
            f"{name}-template",
            # The name has a hash of the content, so that another template restarts the pod.
            metadata={"name": text.apply(template_name), "namespace": namespace},
            data={TEMPLATE_FILE: text},
            opts=child,
        )
        kubernetes.apps.v1.Deployment(
            f"{name}-deployment",
            metadata={"name": COMPONENT, "namespace": namespace, "labels": labels(COMPONENT)},
            spec={
                # Two pods would each train on every batch.
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"match_labels": labels(COMPONENT)},
                "template": _pod(args, self.events.url, self.uri, config.metadata.name),
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[binding, identity, self.events, args["dataset"]],
                replace_with=[args["claim"].volume],
                delete_before_replace=True,
            ),
        )
        self.register_outputs({"inbox": self.uri, "queueUrl": self.events.url})


def receive_messages(queue_arn: pulumi.Input[str]) -> Statement:
    """Return a statement that allows receiving the messages of a queue and deleting them."""
    return allow(
        [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
        ],
        [queue_arn],
    )


def _permissions(
    name: str,
    namespace: pulumi.Input[str],
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource],
) -> tuple[kubernetes.rbac.v1.Role, kubernetes.rbac.v1.RoleBinding]:
    """Make the pod's Role, which may create and read training jobs, and its binding."""
    role = kubernetes.rbac.v1.Role(
        f"{name}-role",
        metadata={"name": COMPONENT, "namespace": namespace},
        rules=[
            {
                "api_groups": ["sagemaker.services.k8s.aws"],
                "resources": ["trainingjobs"],
                "verbs": ["create", "get", "list"],
            }
        ],
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=[*depends_on],
            # The jobs that it owns go first, and SageMaker takes its time to stop one.
            custom_timeouts=pulumi.CustomTimeouts(delete="15m"),
        ),
    )
    binding = kubernetes.rbac.v1.RoleBinding(
        f"{name}-role-binding",
        metadata={"name": COMPONENT, "namespace": namespace},
        role_ref={
            "api_group": "rbac.authorization.k8s.io",
            "kind": "Role",
            "name": role.metadata.name,
        },
        subjects=[{"kind": "ServiceAccount", "name": COMPONENT, "namespace": namespace}],
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return role, binding


def _template(args: OnNewDataArgs, owner: kubernetes.rbac.v1.Role) -> dict[str, object]:
    dataset = args["dataset"]
    directories = {
        channel: args["file_system"].sagemaker_path(batch_directory(dataset.name, channel))
        for channel in dataset.keys
    }
    return template(args["job"], directories, owner_reference(owner))


def _pod(
    args: OnNewDataArgs,
    queue_url: pulumi.Input[str],
    inbox_uri: pulumi.Input[str],
    config_name: pulumi.Input[str],
) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return the pod, which knows its queue, the inbox and the template of the jobs."""
    spec, dataset, mount_path = args["spec"], args["dataset"], args["claim"].mount_path
    storage = Mount("storage", mount_path)
    options: dict[str, pulumi.Input[str]] = {
        "--queue": queue_url,
        "--incoming": inbox_uri,
        "--dataset": pulumi.Output.concat("s3://", args["bucket_name"], f"/{dataset.prefix}/"),
        "--name": dataset.name,
        "--storage": mount_path,
        "--template": f"{TEMPLATE_DIRECTORY}/{TEMPLATE_FILE}",
        "--namespace": args["claim"].namespace,
        # Kubernetes' own path, given because the workload has no default for it.
        "--service-account": "/var/run/secrets/kubernetes.io/serviceaccount",
        "--quiet": str(spec.quiet_seconds),
        "--longest": str(spec.longest_seconds),
        "--keep": str(spec.keep_batches),
    }
    if (exported := args["file_system"].exported_to) is not None:
        options["--exported"] = pulumi.Output.concat(exported, f"{BATCHES}/{dataset.name}/")
    return pod_template(
        COMPONENT,
        [
            container(
                "on_new_data",
                args["image"],
                [part for pair in options.items() for part in pair],
                mounts=[storage, Mount("template", TEMPLATE_DIRECTORY, read_only=True)],
            )
        ],
        init_containers=[directory_init_container(args["image"], storage, [BATCHES])],
        volumes=[
            claim("storage", args["claim"].name),
            {"name": "template", "config_map": {"name": config_name}},
        ],
        service_account=COMPONENT,
        calls_kubernetes=True,
        restart_policy="Always",
    )
