"""The whole system, top to bottom: machine learning on EKS with shared storage under it."""

import pulumi
import pulumi_kubernetes as kubernetes

from components.addons import ClusterAddons
from components.aliases import keep_former_urns
from components.bucket import Bucket
from components.cluster import Cluster
from components.namespaces import Namespaces
from components.network import Network
from components.node_group import NodeGroup
from components.outputs import outputs
from components.overrides import override_inputs
from components.patterns import Patterns
from components.pods.image import image_reference, image_uri
from components.storage import CsiDriver, EfsStorage, LustreStorage, StorageMount
from components.tags import tag_every_resource
from components.teardown import Teardown
from components.training.controller import TrainingController
from components.training.execution_role import ExecutionRole
from components.training.on_new_data import OnNewData
from components.training.security_group import TrainingSecurityGroup
from components.training.training import Training
from settings import load

settings = load(image_reference())
keep_former_urns()
tag_every_resource(settings.project, settings.stack, settings.tags)
overrides = override_inputs(settings.overrides, secret=settings.secret_overrides)

network = Network("network", {"spec": settings.network, "deployed": settings.deployed.network})
bucket = Bucket("data", {"spec": settings.bucket, "protect": settings.protect})

# Before the cluster, because it takes as long: a file system needs subnets and rules only.
jobs_security_group = TrainingSecurityGroup("training-network", {"vpc_id": network.vpc_id})
back_end = {"efs": EfsStorage, "fsx": LustreStorage}[settings.storage.backend]
storage = back_end(
    "storage",
    settings.storage.file_system.arguments(
        network=network,
        bucket=bucket,
        clients={"training": jobs_security_group.id},
        protect=settings.protect,
    ),
)

cluster = Cluster(
    "cluster",
    {
        "spec": settings.cluster,
        "name": settings.cluster_name,
        "vpc_id": network.vpc_id,
        "subnet_ids": network.control_plane_subnet_ids,
        "credentials": settings.credentials,
        "protect": settings.protect,
    },
)
groups = {
    name: NodeGroup(
        f"nodes-{name}",
        {
            "spec": spec,
            "cluster": cluster.eks_cluster,
            "kubernetes_version": cluster.version,
            "subnet_ids": network.subnet_ids(spec.subnets, spec.zones),
        },
        pulumi.ResourceOptions(depends_on=[network]),
    )
    for name, spec in settings.node_groups.items()
}
addons = ClusterAddons(
    "cluster",
    {"spec": settings.cluster, "cluster": cluster.eks_cluster},
    pulumi.ResourceOptions(depends_on=[*groups.values()]),
)
api_server = kubernetes.Provider("kubernetes", kubeconfig=cluster.kubeconfig)
in_cluster = pulumi.ResourceOptions(providers=[api_server])


def after(*resources: pulumi.Resource) -> pulumi.ResourceOptions:
    """Return options of what is in the cluster, once resources are there."""
    return pulumi.ResourceOptions(providers=[api_server], depends_on=[*resources])


driver = CsiDriver(
    "mount-driver",
    {"spec": settings.driver, "cluster_name": cluster.name, "storage": storage},
    after(*groups.values(), addons),
)
role = ExecutionRole("training-execution", {"bucket_arn": bucket.arn, "use_key": bucket.use_key})
controller = TrainingController(
    "training-controller",
    {
        "spec": settings.drivers.sagemaker,
        "cluster_name": cluster.name,
        "execution_role_arn": role.arn,
    },
    after(*groups.values(), addons),
)
namespaces = Namespaces(
    "namespaces", {"names": settings.storage.namespaces}, after(driver, controller)
)

image = image_uri(settings.workloads)
mount = StorageMount(
    "mount",
    settings.storage.arguments(
        storage=storage,
        cluster=cluster,
        driver=driver,
        namespaces=namespaces.names,
        copy_namespace=settings.training.namespace,
        image=image,
    ),
    in_cluster,
)
training = Training(
    "training",
    {
        "jobs": settings.training.jobs,
        "datasets": mount.datasets,
        "file_system": storage,
        "security_group_id": jobs_security_group.id,
        "bucket_name": bucket.name,
        "role_arn": role.arn,
        "namespace": namespaces.names[settings.training.namespace],
        "namespace_uid": namespaces.uids[settings.training.namespace],
        "tags": settings.tags,
    },
    after(controller, role),
)
on_new_data: OnNewData | None = None
if settings.training.on_new_data is not None:
    like = training.jobs[settings.training.on_new_data.job]
    dataset = bucket.datasets[like.args["spec"].dataset]
    on_new_data = OnNewData(
        "training-on-new-data",
        {
            "spec": settings.training.on_new_data,
            "job": like.args,
            "dataset": dataset,
            "file_system": storage,
            "claim": mount.claim(settings.training.namespace),
            "cluster_name": cluster.name,
            "image": image,
            "bucket_name": bucket.name,
            "bucket_access": bucket.grant_read(f"{dataset.root}/"),
            "force_destroy": settings.bucket.force_destroy,
            "protect": settings.protect,
        },
        after(controller, role),
    )
patterns = Patterns(
    "patterns",
    settings.patterns.arguments(
        mount=mount, namespace=settings.training.namespace, jobs=training.jobs, groups=groups
    ),
    in_cluster,
)
mount.remove_old_contents(patterns.model_directories, after=[training, *patterns.ready])
Teardown(
    "teardown",
    {"spec": settings.drivers.teardown, "drivers": [storage.driver_name]},
    after(driver, controller, *mount.claims),
)

overrides.require_matches()

for name, value in outputs(network, mount, training, on_new_data, patterns).items():
    pulumi.export(name, value)
