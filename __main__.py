"""The whole system, top to bottom: machine learning on EKS with shared storage under it."""

import pulumi
import pulumi_kubernetes as kubernetes

from components.aliases import STORAGE_MOUNT, TRAINING, moved_from
from components.bucket import Bucket
from components.cluster import Cluster
from components.namespaces import Namespaces
from components.network import Network
from components.node_group import NodeGroup
from components.outputs import outputs
from components.overrides import override_inputs
from components.patterns import Patterns
from components.storage import CsiDriver, EfsStorage, LustreStorage, StorageMount
from components.tags import tag_every_resource
from components.teardown import Teardown
from components.training import (
    ExecutionRole,
    Training,
    TrainingController,
    TrainingSecurityGroup,
)
from components.workloads.image import own_image, workloads_image
from settings import load

settings = load(own_image())
tag_every_resource(settings.project, settings.stack, settings.tags)
overrides = override_inputs(settings.overrides, secret=settings.secret_overrides)

network = Network("network", settings.network.arguments(deployed=settings.deployed.network))
bucket = Bucket("data", settings.bucket.arguments(protect=settings.protect))

# Before the cluster, because it takes as long: a file system needs subnets and rules only.
job_group = TrainingSecurityGroup("training-network", {"vpc_id": network.vpc_id})
back_end = {"efs": EfsStorage, "fsx": LustreStorage}[settings.storage.backend]
storage = back_end(
    "storage",
    settings.storage.file_system.arguments(
        network=network, bucket=bucket, clients={"training": job_group.id}, protect=settings.protect
    ),
)

cluster = Cluster(
    "cluster",
    settings.cluster.arguments(
        network=network, credentials=settings.credentials, protect=settings.protect
    ),
)
groups = {
    name: NodeGroup(f"nodes-{name}", group.arguments(cluster=cluster, network=network))
    for name, group in settings.node_groups.items()
}
cluster.add(groups.values())
api_server = kubernetes.Provider("kubernetes", kubeconfig=cluster.kubeconfig)
in_cluster = pulumi.ResourceOptions(providers=[api_server])
driver = CsiDriver(
    "mount-driver",
    settings.driver.arguments(cluster=cluster, storage=storage),
    moved_from(STORAGE_MOUNT, in_cluster),
)
role = ExecutionRole(
    "training-execution",
    {"bucket_arn": bucket.arn, "use_key": bucket.use_key},
    moved_from(TRAINING, in_cluster),
)
controller = TrainingController(
    "training-controller",
    settings.drivers.sagemaker.arguments(cluster=cluster, execution_role_arn=role.arn),
    moved_from(TRAINING, in_cluster),
)
namespaces = Namespaces(
    "namespaces",
    {"names": settings.storage.namespaces},
    in_cluster,
    after=[*driver.ready, *controller.ready],
)

mount = StorageMount(
    "mount",
    settings.storage.arguments(
        storage=storage,
        cluster=cluster,
        driver=driver,
        namespaces=namespaces.names,
        copy_namespace=settings.training.namespace,
        image=workloads_image(settings.workloads.image),
    ),
    in_cluster,
)
training = Training(
    "training",
    settings.training.arguments(
        mount=mount,
        group=job_group,
        controller=controller,
        role=role,
        namespace_uids=namespaces.uids,
        tags=settings.tags,
    ),
    in_cluster,
)
patterns = Patterns(
    "patterns", settings.patterns.arguments(training=training, groups=groups), in_cluster
)
mount.remove_old_contents(patterns.model_directories, after=[*training.ready, *patterns.ready])
Teardown(
    "teardown",
    settings.drivers.teardown.arguments(drivers=[storage.driver_name]),
    in_cluster,
    after=[*driver.ready, *controller.ready, *mount.claims],
)

overrides.require_matches()

for name, value in outputs(network, mount, training, patterns).items():
    pulumi.export(name, value)
