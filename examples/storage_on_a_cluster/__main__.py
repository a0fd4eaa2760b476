"""EFS with its CSI driver and a claim, on a cluster that is there already."""

import pulumi
import pulumi_aws as aws

from components.storage.claims import Claims
from components.storage.csi_driver import CsiDriver
from components.storage.csi_driver_spec import EfsDriverSpec
from components.storage.efs import EfsFileSystem
from components.storage.efs_spec import EfsSpec

config = pulumi.Config()
namespace = config.require("namespace")
cluster = aws.eks.get_cluster_output(name=config.require("clusterName"))

file_system = EfsFileSystem(
    "shared",
    {
        "spec": EfsSpec(),
        "vpc_id": cluster.vpc_config.vpc_id,
        "subnet_ids": config.require_object("subnetIds"),
    },
)
nodes = file_system.allow_from("nodes", cluster.vpc_config.cluster_security_group_id)
driver = CsiDriver(
    "driver", {"spec": EfsDriverSpec(), "cluster_name": cluster.name, "driver": file_system.driver}
)
claims = Claims(
    "claims",
    {
        "namespaces": {namespace: namespace},
        "volume": file_system.volume,
        "mount_path": "/mnt/shared",
        "file_system_id": file_system.file_system_id,
    },
    pulumi.ResourceOptions(depends_on=[driver, file_system, nodes]),
)
pulumi.export("claim", claims.by_namespace[namespace].name)
