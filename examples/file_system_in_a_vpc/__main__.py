"""An FSx for Lustre file system in a VPC that is there already; Pulumi.yaml has the config."""

import pulumi

from components.storage.fsx import FsxFileSystem
from components.storage.fsx_spec import FsxSpec

config = pulumi.Config()

file_system = FsxFileSystem(
    "shared",
    {
        "spec": FsxSpec(storage_capacity_gib=2400, per_unit_storage_throughput=100, link=None),
        "vpc_id": config.require("vpcId"),
        "subnet_ids": config.require_object("subnetIds"),
    },
)
file_system.allow_from("clients", config.require("clientSecurityGroupId"))

pulumi.export("fileSystemId", file_system.file_system_id)
pulumi.export("mountCommand", file_system.mount_command)
