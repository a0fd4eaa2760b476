"""Training whenever there is new data: what comes into the inbox starts a job for each batch."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dataset import Dataset
from components.events import BucketEvents
from components.inbox import Inbox
from components.policies import Statement, allow, document, read_objects
from components.storage.mount import StorageMount
from components.training.batch_template import (
    BATCHES,
    batch_directory,
    owner_reference,
    template,
    template_name,
)
from components.training.specification import TrainingJobArgs
from components.workloads import (
    Mount,
    WorkloadIdentity,
    claim,
    container,
    labels,
    makes_directories,
    pod_template,
)

COMPONENT = "on-new-data"
TEMPLATE_FOLDER = "/etc/on-new-data"
TEMPLATE_FILE = "template.json"


class OnNewDataSettings(TypedDict):
    """When a batch of new data is trained on."""

    job: str
    """The job that new ones are like."""
    expiration_days: int | None
    """Days after which what came in is deleted; never when None."""
    quiet_seconds: int
    """A batch is complete when nothing came for so long."""
    longest_seconds: int
    """Or when it was begun so long ago."""
    keep_batches: int
    """How many stay on the storage, beside those that a job reads."""


class OnNewDataArgs(TypedDict):
    """What an OnNewData is made of."""

    settings: OnNewDataSettings
    """When there is a batch."""
    mount: StorageMount
    """Where batches are put."""
    namespace: str
    """Where the jobs' objects are, one of the namespaces of the mount."""
    dataset: Dataset
    """What a batch consists of, beside what came in."""
    training_job: TrainingJobArgs
    """The job that new ones are like."""


class OnNewData(pulumi.ComponentResource):
    """An inbox, a queue of its events, and a pod that makes training jobs of them.

    New data is put at DATASET/CHANNEL/FILE in the inbox: what is meant for one dataset is never
    taken for another's when onNewData is given another job.

    The jobs are owned by the pod's Role. When the stack goes, deleting the Role waits until they
    are gone, while the controller that must let go of them still runs.
    """

    inbox: Inbox
    events: BucketEvents
    uri: pulumi.Output[str]
    """Where new data is put, at CHANNEL/FILE below."""

    def __init__(
        self,
        name: str,
        args: OnNewDataArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:training:OnNewData", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._bucket, self._prefix = args["mount"].bucket, f"{args['dataset'].name}/"
        self._namespace = args["mount"].namespaces[args["namespace"]]
        self.inbox = self._inbox()
        self.uri = pulumi.Output.concat("s3://", self.inbox.name, "/", self._prefix)
        self.events = self._events()
        role = self._role(after)
        identity = self._identity()
        ready = [self._binding(role), *identity.ready, *self.events.ready]
        self._deployment(identity, self._template(role), ready)
        self.register_outputs({"inbox": self.uri, "queueUrl": self.events.url})

    def _inbox(self) -> Inbox:
        """Where new data is put; it goes when, and only if, the data bucket may."""
        return Inbox(
            f"{self._name}-inbox",
            {
                **self._bucket.removal,
                "expiration_days": self._args["settings"]["expiration_days"],
            },
            self._child,
        )

    def _events(self) -> BucketEvents:
        """The queue of what comes into the inbox."""
        return BucketEvents(
            f"{self._name}-events",
            {
                "bucket_name": self.inbox.name,
                "bucket_arn": self.inbox.arn,
                "prefix": self._prefix,
            },
            self._child,
        )

    def _identity(self) -> WorkloadIdentity:
        """What the pod may do in AWS."""
        return WorkloadIdentity(
            f"{self._name}-identity",
            {
                "cluster_name": self._args["mount"].cluster.name,
                "namespace": self._namespace,
                "service_account": COMPONENT,
                "policies": [
                    document(
                        take_messages(self.events.arn),
                        *read_objects(self.inbox.arn, [self._prefix]),
                        # All its contents: the pod that is replaced still reads the last one.
                        *read_objects(self._bucket.arn, [f"{self._args['dataset'].root}/"]),
                        *self._bucket.use_key,
                    )
                ],
            },
            self._child,
        )

    def _role(self, after: Sequence[pulumi.Resource]) -> kubernetes.rbac.v1.Role:
        """What the pod may do in Kubernetes, once the kind is known: to make jobs and see them."""
        return kubernetes.rbac.v1.Role(
            f"{self._name}-role",
            metadata={"name": COMPONENT, "namespace": self._namespace},
            rules=[
                {
                    "api_groups": ["sagemaker.services.k8s.aws"],
                    "resources": ["trainingjobs"],
                    "verbs": ["create", "get", "list"],
                }
            ],
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*after],
                # Its jobs go first, and SageMaker takes its time to stop one.
                custom_timeouts=pulumi.CustomTimeouts(delete="15m"),
            ),
        )

    def _binding(self, role: kubernetes.rbac.v1.Role) -> kubernetes.rbac.v1.RoleBinding:
        """The pod has the role."""
        return kubernetes.rbac.v1.RoleBinding(
            f"{self._name}-role-binding",
            metadata={"name": COMPONENT, "namespace": self._namespace},
            role_ref={
                "api_group": "rbac.authorization.k8s.io",
                "kind": "Role",
                "name": role.metadata.name,
            },
            subjects=[{"kind": "ServiceAccount", "name": COMPONENT, "namespace": self._namespace}],
            opts=self._child,
        )

    def _template(self, owner: kubernetes.rbac.v1.Role) -> kubernetes.core.v1.ConfigMap:
        """What a job is made of, under a name that tells it: another one restarts the pod."""
        mount, dataset = self._args["mount"], self._args["dataset"]
        text = pulumi.Output.json_dumps(
            template(
                self._args["training_job"],
                {
                    channel: mount.storage.sagemaker_path(batch_directory(dataset, channel))
                    for channel in dataset.keys
                },
                owner_reference(owner),
            ),
            sort_keys=True,
        )
        return kubernetes.core.v1.ConfigMap(
            f"{self._name}-template",
            metadata={"name": text.apply(template_name), "namespace": self._namespace},
            data={TEMPLATE_FILE: text},
            opts=self._child,
        )

    def _deployment(
        self,
        identity: WorkloadIdentity,
        template: kubernetes.core.v1.ConfigMap,
        after: Sequence[pulumi.Resource],
    ) -> None:
        """The pod: one, because two would train on a batch each."""
        mount, image = self._args["mount"], self._args["mount"].image
        storage = Mount("storage", mount.path)
        pod = pod_template(
            COMPONENT,
            [
                container(
                    "on_new_data",
                    image,
                    self._command_line(),
                    mounts=[storage, Mount("template", TEMPLATE_FOLDER, read_only=True)],
                )
            ],
            init_containers=[makes_directories(image, storage, [BATCHES])],
            volumes=[
                claim("storage", mount.claim_names[self._args["namespace"]]),
                {"name": "template", "config_map": {"name": template.metadata.name}},
            ],
            service_account=identity.service_account,
            calls_kubernetes=True,
            restart_policy="Always",
        )
        kubernetes.apps.v1.Deployment(
            f"{self._name}-deployment",
            metadata={
                "name": COMPONENT,
                "namespace": self._namespace,
                "labels": labels(COMPONENT),
            },
            spec={
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"match_labels": labels(COMPONENT)},
                "template": pod,
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*after, *self._args["dataset"].objects],
                replace_with=[mount.volumes[self._args["namespace"]]],
                delete_before_replace=True,
            ),
        )

    def _command_line(self) -> list[pulumi.Input[str]]:
        """The workload's arguments."""
        settings, dataset = self._args["settings"], self._args["dataset"]
        given: dict[str, pulumi.Input[str]] = {
            "--queue": self.events.url,
            "--incoming": self.uri,
            "--dataset": pulumi.Output.concat("s3://", self._bucket.name, f"/{dataset.prefix}/"),
            "--name": dataset.name,
            "--storage": self._args["mount"].path,
            "--template": f"{TEMPLATE_FOLDER}/{TEMPLATE_FILE}",
            "--namespace": self._namespace,
            # Where Kubernetes puts it; said, because what is told can also be told otherwise.
            "--service-account": "/var/run/secrets/kubernetes.io/serviceaccount",
            "--quiet": str(settings["quiet_seconds"]),
            "--longest": str(settings["longest_seconds"]),
            "--keep": str(settings["keep_batches"]),
        }
        return [part for pair in given.items() for part in pair]


def take_messages(queue_arn: pulumi.Output[str]) -> Statement:
    """Receiving messages from a queue, and deleting them when they are worked on."""
    return allow(
        [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
        ],
        [queue_arn],
    )
