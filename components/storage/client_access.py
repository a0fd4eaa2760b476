"""Access of a client, by its security group, to a file system."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi

from components.security_rules import Ports, allow_from, allow_to


class ClientAccessArgs(TypedDict):
    """Arguments of `ClientAccess`."""

    file_system: str
    """Name of the file system, with its back end; the names of the rules begin with it."""
    client: str
    """Name of the client, part of the names of the rules."""
    security_group_id: pulumi.Input[str] | None
    """Id of the file system's security group; None if it has further groups only."""
    client_security_group_id: pulumi.Input[str]
    """Id of the client's security group."""
    ports: Sequence[Ports]
    """TCP ports that clients open connections to."""
    further_security_group_ids: NotRequired[Sequence[str]]
    """Ids of further groups of the file system, as those of mount targets that others made."""
    calls_clients: bool
    """True where the servers open connections to clients too, as those of Lustre do."""


class ClientAccess(pulumi.ComponentResource):
    """Security group rules by which a client mounts a file system. Its mounts depend on them."""

    def __init__(
        self, name: str, args: ClientAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:storage:ClientAccess", name, {}, opts)
        servers, clients = args["security_group_id"], args["client_security_group_id"]
        prefix, client = args["file_system"], args["client"]
        child = pulumi.ResourceOptions(parent=self)
        for ports in args["ports"]:
            if servers is not None:
                allow_from(prefix, servers, clients, client, ports, child)
            if servers is not None and args["calls_clients"]:
                allow_to(prefix, servers, clients, client, ports, child)
                allow_from(prefix, clients, servers, f"servers-to-{client}", ports, child)
            for group_id in args.get("further_security_group_ids", ()):
                allow_from(f"{prefix}-{group_id}", group_id, clients, client, ports, child)
        self.register_outputs({})
