"""FSx for Lustre file system that somebody else made: read, mounted, and otherwise left alone."""

import pulumi
import pulumi_aws as aws
from pulumi.runtime.sync_await import _sync_await

from components.storage.found_lustre import FoundLustre
from components.storage.fsx_resources import FsxFileSystemArgs
from components.storage.lustre import LustreFileSystem

READ = "existing-lustre"
"""Name of the resource that the state has of a file system that was read."""


class ExistingFsxFileSystem(LustreFileSystem):
    """A file system that exists. Clients get access by rules of their own, which go with them.

    Nothing of the file system itself is created, changed or deleted. What pods and Jobs write to it
    stays.
    """

    def __init__(
        self, name: str, args: FsxFileSystemArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        spec, found = args["spec"], args.get("found_lustre")
        if found is None:
            raise pulumi.RunError(
                f"{name}: pass found_lustre, as find_lustre({spec.existing!r}) returns it"
            )
        super().__init__(name, spec, found.zone, opts)
        self.subnet_ids = [pulumi.Output.from_input(found.subnet_id)]
        self.security_group_id = pulumi.Output.from_input(found.security_group_id)
        self.file_system_id = pulumi.Output.from_input(found.id)
        self.dns_name = pulumi.Output.from_input(found.dns_name)
        self.mount_name = pulumi.Output.from_input(found.mount_name)
        self.needs_preload = False
        self.describe_mounts(found.capacity_gib)


def find_lustre(file_system_id: str) -> FoundLustre | None:
    """Return what AWS has of a file system, or None if there is none of Lustre with the id.

    pulumi-aws has no function that looks one up, so that a resource is read, which the state lists
    as one that the stack does not manage. Neither has FSx an answer to which security groups a file
    system has: its network interfaces tell.

    Raises:
        Exception: AWS gives no answer; the SDK has no other class for it.
    """
    read = aws.fsx.LustreFileSystem.get(READ, file_system_id)
    facts = pulumi.Output.all(
        dns_name=read.dns_name,
        mount_name=read.mount_name,
        vpc_id=read.vpc_id,
        subnet_id=read.subnet_ids,
        capacity=read.storage_capacity,
        interfaces=read.network_interface_ids,
    )
    known = _sync_await(facts.future())
    if not known or not known["mount_name"]:
        return None
    subnet = aws.ec2.get_subnet(id=known["subnet_id"])
    return FoundLustre(
        id=file_system_id,
        dns_name=known["dns_name"],
        mount_name=known["mount_name"],
        vpc_id=known["vpc_id"],
        subnet_id=known["subnet_id"],
        zone=subnet.availability_zone,
        security_group_ids=_security_groups(known["interfaces"]),
        capacity_gib=int(known["capacity"]) if known["capacity"] else None,
    )


def _security_groups(interfaces: list[str]) -> tuple[str, ...]:
    """Return the groups of the first interface that is there: all of them have the same."""
    filters = [
        aws.ec2.GetNetworkInterfacesFilterArgs(name="network-interface-id", values=interfaces)
    ]
    for interface in aws.ec2.get_network_interfaces(filters=filters).ids if interfaces else ():
        return tuple(aws.ec2.get_network_interface(id=interface).security_groups)
    return ()
