"""The whole system, top to bottom: machine learning on EKS with shared storage under it."""

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.bucket import Bucket
from components.cluster import Cluster
from components.namespaces import Namespaces
from components.network import Network
from components.node_group import NodeGroup
from components.storage.efs import EfsStorage
from components.storage.fsx import LustreStorage
from components.storage.mount import StorageMount
from components.tags import tag_every_resource
from components.training.security_group import TrainingSecurityGroup
from components.training.training import Training
from settings import load

BACK_ENDS: dict[str, Any] = {"efs": EfsStorage, "fsx": LustreStorage}


def arguments(section: Any, **more: Any) -> Any:
    """A section of the settings as a component's arguments, which have the same names, and more."""
    return section.model_dump(mode="json") | more


settings = load()
back_end = settings.storage.backend
tag_every_resource(settings.project, settings.stack, settings.tags)

network = Network("network", arguments(settings.network))
bucket = Bucket("data", arguments(settings.bucket, protect=settings.protect))

# Before the cluster, because it takes as long: a file system needs subnets and rules only.
training_group = TrainingSecurityGroup("training-network", {"vpc_id": network.vpc_id})
storage = BACK_ENDS[back_end](
    "storage",
    {
        "vpc_id": network.vpc_id,
        "subnet_ids": network.private_subnet_ids,
        "clients": {"training": training_group.id},
        "bucket_name": bucket.name,
        "bucket_objects": bucket.objects,
        "file_system": arguments(getattr(settings.storage, back_end)),
        "protect": settings.protect,
    },
)

cluster = Cluster(
    "cluster",
    arguments(
        settings.cluster,
        cluster_name=f"{settings.project}-{settings.stack}",
        vpc_id=network.vpc_id,
        subnet_ids=network.subnet_ids("private"),
    ),
)
nodes = [
    NodeGroup(
        f"nodes-{name}",
        arguments(
            group,
            ami_type=group.image,
            cluster=cluster.eks_cluster,
            subnet_ids=network.subnet_ids(group.subnets, group.zones),
        ),
        after=network.egress,
    )
    for name, group in settings.node_groups.items()
]
cluster.install_addons(nodes)
workers = [*nodes, *cluster.daemons]
api_server = kubernetes.Provider("kubernetes", kubeconfig=cluster.kubeconfig)
in_cluster = pulumi.ResourceOptions(providers=[api_server])
users = {*settings.storage.namespaces, settings.training.namespace}
namespaces = Namespaces("namespaces", {"names": sorted(users)}, in_cluster)

mount = StorageMount(
    "mount",
    {
        "storage": storage,
        "cluster": cluster,
        "chart": arguments(getattr(settings.drivers, back_end)),
        "namespaces": namespaces.names,
        "bucket": bucket,
        "copy_namespace": settings.training.namespace,
    },
    in_cluster,
    workers=workers,
)
training = Training(
    "training",
    {
        "cluster": cluster,
        "region": settings.region,
        "chart": arguments(settings.drivers.sagemaker),
        "namespace": namespaces.names[settings.training.namespace],
        "bucket": bucket,
        "storage": storage,
        "mount": mount,
        "security_group_id": training_group.id,
        "jobs": arguments(settings.training)["jobs"],
    },
    in_cluster,
    workers=workers,
)

pulumi.export("clusterName", cluster.name)
pulumi.export("kubeconfig", pulumi.Output.secret(cluster.kubeconfig))
pulumi.export("kubeconfigCommand", cluster.kubeconfig_command(settings.region))
pulumi.export("vpcId", network.vpc_id)
pulumi.export("bucket", bucket.name)
pulumi.export("storageBackend", back_end)
pulumi.export("fileSystemId", storage.file_system_id)
pulumi.export("fileSystemDnsName", storage.dns_name)
pulumi.export("mountName", storage.mount_name)
pulumi.export("mountPath", settings.storage.mount_path)
pulumi.export("mountCommand", storage.mount_command)
pulumi.export("storageClass", mount.storage_class_name)
pulumi.export("claims", mount.claim_names)
pulumi.export("trainingJobs", training.job_names)
