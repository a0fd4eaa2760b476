"""File systems side by side in one cluster: their drivers, their access and their claims.

Names of a driver and of classes contain the storage, so that they stay if another storage becomes
the active one. The claims of the active storage are named `shared`, those of any other by it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, NotRequired, TypedDict

import pulumi

from components.helm_spec import ChartSpec
from components.storage.base import DriverSettings, FileSystem
from components.storage.claim_names import claim_name, mount_path
from components.storage.claims import Claims
from components.storage.client_access import ClientAccess
from components.storage.csi_driver import CsiDriver
from components.storage.storage_classes import StorageClasses


class DriversArgs(TypedDict):
    """Arguments of `csi_drivers`."""

    charts: Mapping[str, ChartSpec]
    """Chart of each driver, by the first part of the driver's name, such as efs."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    theirs: NotRequired[Collection[str]]
    """Names of drivers that the cluster has and that are left alone; none by default."""
    objects: NotRequired[Collection[str]]
    """Names of drivers whose CSIDriver object must go with the stack; none by default."""


class MountsArgs(TypedDict):
    """Arguments of `mount`."""

    drivers: Mapping[str, CsiDriver]
    """CSI drivers that the stack installs, by their names."""
    nodes_security_groups: Mapping[str, pulumi.Input[str]]
    """Ids of the security groups of the nodes, by names for the rules that admit them."""
    namespaces: Mapping[str, pulumi.Input[str]]
    """Namespaces that get a claim on each storage; see `ClaimsArgs`."""
    active: str
    """Name of the active storage."""
    mount_path: str
    """Path at which pods mount a claim on the active storage."""
    stack: NotRequired[str | None]
    """Name of the stack among others in a cluster that they share; None, the default, in a cluster
    of its own. The names of storage classes end with it."""


@dataclass(frozen=True)
class Mounted:
    """A file system with all by which pods mount it."""

    file_system: FileSystem
    """The file system."""
    access: list[ClientAccess]
    """Access of the nodes of each security group."""
    classes: StorageClasses
    """Classes for claims of one's own."""
    claims: Claims
    """Claims on the file system."""


def csi_drivers(
    name: str,
    file_systems: Mapping[str, FileSystem],
    args: DriversArgs,
    opts: pulumi.ResourceOptions,
) -> dict[str, CsiDriver]:
    """Install each CSI driver that a file system needs and the cluster lacks, by driver name.

    Args:
        name: Beginning of the components' names.
        file_systems: File systems by the names of their storages.
        args: Charts, and the cluster.
        opts: Options of the components.
    """
    needed: dict[str, list[DriverSettings]] = {}
    for one in file_systems.values():
        if one.driver_name not in args.get("theirs", ()):
            needed.setdefault(one.driver_name, []).append(one.driver)
    return {
        driver: CsiDriver(
            f"{name}-{chart_of(driver)}",
            {
                "spec": args["charts"][chart_of(driver)],
                "cluster_name": args["cluster_name"],
                "driver": united(settings),
                "role_name": f"{name}-access",
                "object_name": driver if driver in args.get("objects", ()) else None,
            },
            opts,
        )
        for driver, settings in needed.items()
    }


def mount(
    name: str,
    file_systems: Mapping[str, FileSystem],
    args: MountsArgs,
    opts: pulumi.ResourceOptions,
) -> dict[str, Mounted]:
    """Make the claims and the storage classes of file systems, by the names of their storages.

    Args:
        name: Beginning of the name of the active storage's claims.
        file_systems: File systems by the names of their storages.
        args: Drivers, nodes and namespaces.
        opts: Options of the components.
    """
    mounted = {}
    for storage, file_system in file_systems.items():
        is_active = storage == args["active"]
        access = [
            file_system.allow_from(client, group_id)
            for client, group_id in args["nodes_security_groups"].items()
        ]
        driver = args["drivers"].get(file_system.driver_name)
        waiting = pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                depends_on=[*([driver] if driver else []), file_system, *access]
            ),
        )
        classes = [one.among(args.get("stack")) for one in file_system.storage_classes]
        mounted[storage] = Mounted(
            file_system,
            access,
            StorageClasses(f"{storage}-classes", {"classes": classes}, waiting),
            Claims(
                f"{name}-claims" if is_active else f"{storage}-claims",
                {
                    "namespaces": args["namespaces"],
                    "claim_name": claim_name(storage, args["active"]),
                    "volume": file_system.volume,
                    "mount_path": args["mount_path"] if is_active else mount_path(storage),
                    "file_system_id": file_system.file_system_id,
                },
                waiting,
            ),
        )
    return mounted


def claims_and_classes(mounted: Mapping[str, Mounted]) -> list[pulumi.Resource]:
    """Return the claims and the classes of all storages, for those who outlive none of them."""
    return [part for one in mounted.values() for part in (one.claims, one.classes)]


def class_names(mounted: Mapping[str, Mounted]) -> list[pulumi.Output[str]]:
    """Return the names of the storage classes of all storages."""
    return [name for one in mounted.values() for name in one.classes.names.values()]


def chart_of(driver: str) -> str:
    """Return the name of a driver's chart in the settings: the first part of the driver's name."""
    return driver.partition(".")[0]


def united(drivers: list[DriverSettings]) -> DriverSettings:
    """Return the settings of a driver that has several file systems: the permissions for all."""
    managed = dict.fromkeys(policy for one in drivers for policy in one.managed_policies)
    return DriverSettings(
        service_account=drivers[0].service_account,
        values=reduce(joined, (one.values for one in drivers)),
        policies=[policy for one in drivers for policy in one.policies],
        managed_policies=[*managed],
        node_account=next(filter(None, (one.node_account for one in drivers)), None),
        node_policies=[policy for one in drivers for policy in one.node_policies],
    )


def joined(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a chart, with those of another file system that its driver has."""
    both = {key: joined(values[key], others[key]) for key in _sections(values) & _sections(others)}
    return {**values, **others, **both}


def _sections(values: dict[str, Any]) -> set[str]:
    return {key for key, value in values.items() if isinstance(value, dict)}
