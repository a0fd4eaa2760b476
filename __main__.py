"""The whole system, top to bottom: machine learning on EKS with shared storage under it."""

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.bucket import Bucket
from components.cluster import Cluster
from components.dataset import Dataset
from components.dataset_copy import DatasetCopies
from components.namespaces import Namespaces
from components.network import Network
from components.node_group import NodeGroup
from components.storage.claims import Claims
from components.storage.driver import CsiDriver
from components.storage.efs import EfsStorage
from components.storage.fsx import LustreStorage
from components.tags import identity_tags, tag_every_resource
from components.training.controller import TrainingController
from components.training.execution_role import ExecutionRole
from components.training.job import TrainingJob
from components.training.security_group import TrainingSecurityGroup
from settings import load

BACK_ENDS: dict[str, Any] = {"efs": EfsStorage, "fsx": LustreStorage}


def plain(section: Any) -> Any:
    """A section of the settings as a component takes it: they agree in their fields' names."""
    return section.model_dump(mode="json")


settings = load()
cluster_name = f"{settings.project}-{settings.stack}"
tag_every_resource(settings.project, settings.stack, settings.tags)

network = Network("network", plain(settings.network))
bucket = Bucket("data", {**plain(settings.bucket), "protect": settings.protect})
datasets = {
    name: Dataset(
        f"dataset-{name}",
        {"name": name, "bucket_name": bucket.name, "channels": plain(channels)},
    )
    for name, channels in settings.bucket.datasets.items()
}

# Before the cluster, because it takes as long: a file system needs subnets and rules only.
back_end = settings.storage.backend
training_group = TrainingSecurityGroup("training", {"vpc_id": network.vpc_id})
storage = BACK_ENDS[back_end](
    "storage",
    {
        "vpc_id": network.vpc_id,
        "subnet_ids": network.private_subnet_ids,
        "clients": {"training": training_group.id},
        "bucket_name": bucket.name,
        "bucket_objects": [each for dataset in datasets.values() for each in dataset.objects],
        "file_system": plain(getattr(settings.storage, back_end)),
        "protect": settings.protect,
    },
)

cluster = Cluster(
    "cluster",
    {
        **plain(settings.cluster),
        "cluster_name": cluster_name,
        "vpc_id": network.vpc_id,
        "subnet_ids": network.subnet_ids("private", []),
    },
)
nodes = [
    NodeGroup(
        f"nodes-{name}",
        {
            **plain(group),
            "ami_type": group.image,
            "cluster": cluster.eks_cluster,
            "subnet_ids": network.subnet_ids(group.subnets, group.zones),
        },
        after=network.egress,
    )
    for name, group in settings.node_groups.items()
]
cluster.install_addons(nodes)
admitted = storage.admit({"nodes": cluster.security_group_id})

kubernetes_api = kubernetes.Provider("kubernetes", kubeconfig=cluster.kubeconfig)
in_cluster = pulumi.ResourceOptions(providers=[kubernetes_api])

namespaces = Namespaces(
    "namespaces",
    {"names": sorted({*settings.storage.namespaces, settings.training.namespace})},
    in_cluster,
)
driver = CsiDriver(
    "driver",
    {
        "cluster_name": cluster.name,
        "chart": plain(getattr(settings.drivers, back_end)),
        "driver": storage.driver,
    },
    in_cluster,
    after=nodes,
)
claims = Claims(
    "claims",
    {
        "namespaces": namespaces.names,
        "volume": storage.volume,
        "storage_class": storage.storage_class,
    },
    in_cluster,
    after=[*driver.ready, *storage.ready, *admitted],
)
copies = DatasetCopies(
    "copies",
    {
        "cluster_name": cluster.name,
        "namespace": namespaces.names[settings.training.namespace],
        "claim_name": claims.names[settings.training.namespace],
        "file_system_id": storage.file_system_id,
        "bucket_name": bucket.name,
        "bucket_arn": bucket.arn,
        "datasets": {
            name: dataset
            for name, dataset in datasets.items()
            if not storage.brings(dataset.prefix)
        },
    },
    in_cluster,
    after=claims.ready,
)

execution_role = ExecutionRole("execution", {"bucket_arn": bucket.arn})
controller = TrainingController(
    "controller",
    {
        "cluster_name": cluster.name,
        "region": settings.region,
        "chart": plain(settings.drivers.sagemaker),
        "execution_role_arn": execution_role.arn,
    },
    in_cluster,
    after=nodes,
)
jobs = {
    name: TrainingJob(
        f"training-{name}",
        {
            "namespace": namespaces.names[settings.training.namespace],
            "name_prefix": f"{settings.stack}-{name}",
            "algorithm": plain(job),
            "source": storage.data_source(datasets[job.dataset].keys, training_group.id),
            "role_arn": execution_role.arn,
            "output_path": pulumi.Output.concat("s3://", bucket.name, f"/models/{name}"),
            "tags": {
                **identity_tags(settings.project, settings.stack, f"training-{name}"),
                "Dataset": datasets[job.dataset].digest,
            },
        },
        in_cluster,
        after=[
            *controller.ready,
            *execution_role.ready,
            *storage.ready,
            *copies.ready(job.dataset),
        ],
    )
    for name, job in settings.training.jobs.items()
}

pulumi.export("kubeconfig", pulumi.Output.secret(cluster.kubeconfig))
pulumi.export(
    "kubeconfigCommand",
    pulumi.Output.format(
        "aws eks update-kubeconfig --region {} --name {}", settings.region, cluster.name
    ),
)
pulumi.export("clusterName", cluster.name)
pulumi.export("vpcId", network.vpc_id)
pulumi.export("bucket", bucket.name)
pulumi.export("storageBackend", back_end)
pulumi.export("fileSystemId", storage.file_system_id)
pulumi.export("fileSystemDnsName", storage.dns_name)
pulumi.export("mountName", storage.mount_name)
pulumi.export("mountPath", settings.storage.mount_path)
pulumi.export("mountCommand", storage.mount_command)
pulumi.export("storageClass", claims.storage_class_name)
pulumi.export("claims", claims.names)
pulumi.export("trainingJobs", {name: job.job_name for name, job in jobs.items()})
