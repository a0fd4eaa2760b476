"""Amazon FSx for Lustre as shared storage."""

import pulumi
import pulumi_aws as aws

from components.dependencies import split_depends_on
from components.storage.fsx_links import association, bucket_key_grant
from components.storage.fsx_resources import (
    FsxFileSystemArgs,
    lustre_file_system,
    ports_of,
    server_rules,
    zone_of,
)
from components.storage.lustre import LustreFileSystem


class FsxFileSystem(LustreFileSystem):
    """A file system that the stack makes, with or without links to S3.

    A linked file system waits for the resources of `depends_on`, such as the bucket with its
    datasets: it lists the bucket when it is created. Of associations, they alone wait.
    """

    def __init__(
        self, name: str, args: FsxFileSystemArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        spec, zone = args["spec"], zone_of(name, args)
        super().__init__(name, spec, zone, own)
        child = pulumi.ResourceOptions(parent=self)
        self.ports = ports_of(spec)
        self.subnet_ids = [pulumi.Output.from_input(args["subnet_ids"][zone])]
        self.security_group_id = aws.ec2.SecurityGroup(
            f"{name}-file-servers",
            description="FSx for Lustre file servers",
            vpc_id=args["vpc_id"],
            opts=child,
        ).id
        # FSx looks for the rules, not only for the group: without them it refuses the network.
        rules = server_rules(name, self.security_group_id, spec, child)
        file_system = lustre_file_system(
            name,
            args,
            zone,
            self.security_group_id,
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[*rules, *(depends_on if spec.link else [])],
                protect=args.get("protect", False),
                custom_timeouts=pulumi.CustomTimeouts(create="40m", update="40m", delete="30m"),
            ),
        )
        self.file_system_id = file_system.id
        self.dns_name = file_system.dns_name
        self.mount_name = file_system.mount_name
        self.needs_preload = spec.link is not None and spec.link.preload
        associations = [
            association(
                f"{name}-association-{key}",
                one,
                self.file_system_id,
                args.get("bucket_name"),
                pulumi.ResourceOptions(parent=self, depends_on=depends_on),
            )
            for key, one in spec.associations.items()
        ]
        key_arn = args.get("bucket_kms_key_arn")
        if key_arn is not None and spec.is_linked:
            bucket_key_grant(
                f"{name}-bucket-key",
                key_arn,
                self.file_system_id,
                pulumi.ResourceOptions(parent=self, depends_on=associations),
            )
        self.describe_mounts(spec.capacity_gib)
