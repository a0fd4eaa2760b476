"""Parts that every FSx for Lustre file system has, made by the stack or by others."""

from dataclasses import replace

import pulumi

from components.account import region
from components.security_rules import Ports
from components.storage.base import (
    Directory,
    DirectoryVolume,
    DriverSettings,
    FileSystem,
    StorageClassSettings,
    VolumeSource,
)
from components.storage.fsx_class_spec import FsxClassSpec
from components.storage.fsx_driver import class_parameters, controller_policy, dynamic_parameters
from components.storage.fsx_links import linked_path, shown_directory
from components.storage.fsx_resources import LUSTRE_PORTS
from components.storage.fsx_spec import FsxSpec
from components.storage.fsx_types import MIN_SSD_GIB
from components.tags import stack_tags


class LustreFileSystem(FileSystem):
    """A file system of FSx for Lustre in one zone.

    Lustre servers open connections to clients too, so that `allow_from` adds rules to the client's
    group as well.
    """

    backend = "fsx"
    driver_name = FsxSpec.driver_name
    ports: tuple[Ports, ...] = LUSTRE_PORTS
    calls_clients = True
    sagemaker_type = "FSxLustre"

    def __init__(
        self, name: str, spec: FsxSpec, zone: str, opts: pulumi.ResourceOptions | None
    ) -> None:
        super().__init__("eks-ml-storage:storage:LustreStorage", name, {}, opts)
        self._spec = spec
        self.zones = [zone]

    def describe_mounts(self, capacity_gib: int | None) -> None:
        """Set all by which the file system is mounted, once its own attributes are set.

        Args:
            capacity_gib: Capacity, None for storage that has none. It is a label only.
        """
        self.volume = VolumeSource(
            driver=FsxSpec.driver_name,
            handle=self.file_system_id,
            attributes={"dnsname": self.dns_name, "mountname": self.mount_name},
            mount_options=["flock"],
            capacity=f"{capacity_gib or MIN_SSD_GIB}Gi",
            zone=self.zones[0],
        )
        self.storage_classes = storage_classes(
            self._spec, self.subnet_ids[0], self.security_group_id
        )
        self.driver = driver_settings(self._spec)
        # By the package lustre-client, 2.12 or later.
        device = pulumi.Output.concat(self.dns_name, "@tcp:/", self.mount_name)
        self.mount_command = pulumi.Output.concat(
            "mount -t lustre -o relatime,flock ", device, " /mnt"
        )
        self.register_outputs({"fileSystemId": self.file_system_id, "mountName": self.mount_name})

    def directory(
        self, name: str, directory: Directory, opts: pulumi.ResourceOptions
    ) -> DirectoryVolume:
        """Return a directory as a volume: Lustre mounts one that is there by its path.

        Source: FSx for Lustre User Guide, "Mounting specific filesets". The driver puts the mount
        name behind DNSNAME@tcp:/ as it is.
        """
        del name, opts
        mount_name = pulumi.Output.concat(self.mount_name, "/", directory.path)
        return DirectoryVolume(
            replace(
                self.volume,
                attributes={"dnsname": self.dns_name, "mountname": mount_name},
                mount_options=[
                    *self.volume.mount_options,
                    *(["ro"] if directory.read_only else []),
                ],
            ),
            makes_itself=False,
        )

    def is_linked(self, key: str) -> bool:
        """Return whether a link imports the key, and new objects under it too."""
        return linked_path(self._spec, key) is not None

    def shown_at(self, bucket: str, prefix: str) -> str | None:
        """Return the directory in which a link shows objects of another bucket, or None.

        Args:
            bucket: Name of the bucket.
            prefix: Prefix with a slash at its end; empty for the whole bucket.
        """
        return shown_directory(self._spec, bucket, prefix)

    def path_of(self, key: str) -> str:
        """Return the directory in which a link shows a key; any other key as it is.

        Args:
            key: A key prefix of the bucket, no slash at either end.
        """
        linked = linked_path(self._spec, key)
        return key if linked is None else linked

    def sagemaker_path(self, directory: str) -> pulumi.Output[str]:
        """Return the absolute path by which SageMaker reads a directory, below the mount name."""
        return pulumi.Output.concat("/", self.mount_name, f"/{directory}")


def storage_classes(
    spec: FsxSpec, subnet_id: pulumi.Output[str], security_group_id: pulumi.Output[str]
) -> list[StorageClassSettings]:
    """Return the classes of the spec, or else one whose file systems are like the shared one.

    Args:
        spec: Settings of the file system.
        subnet_id: Id of its subnet, where the file systems of claims are too.
        security_group_id: Id of its security group, which is theirs too.
    """
    network = {"subnetId": subnet_id, "securityGroupIds": security_group_id}
    if not spec.classes:
        return [
            StorageClassSettings(
                name="fsx-lustre",
                provisioner=FsxSpec.driver_name,
                parameters={**network, **dynamic_parameters(spec)},
                mount_options=["flock"],
                has_default_name=True,
            )
        ]
    return [
        StorageClassSettings(
            name=name,
            provisioner=FsxSpec.driver_name,
            parameters={**network, **own_network(one), **class_parameters(one)},
            mount_options=one.mount_options,
            reclaim_policy=one.reclaim_policy,
            volume_binding_mode=one.volume_binding_mode,
            allow_volume_expansion=one.allow_volume_expansion,
        )
        for name, one in spec.classes.items()
    ]


def own_network(spec: FsxClassSpec) -> dict[str, str]:
    """Return the network parameters that a class sets by itself."""
    return {
        **({"subnetId": spec.subnet_id} if spec.subnet_id else {}),
        **(
            {"securityGroupIds": ",".join(spec.security_group_ids)}
            if spec.security_group_ids
            else {}
        ),
    }


def driver_settings(spec: FsxSpec) -> DriverSettings:
    """Return the settings of the FSx CSI driver.

    Its controller may delete and resize only the file systems that it has made itself.
    """
    return DriverSettings(
        service_account="fsx-csi-controller-sa",
        values={
            "controller": {
                "serviceAccount": {"create": True, "name": "fsx-csi-controller-sa"},
                # Pods do not reach the metadata service, which it would ask.
                "region": region(),
                "extraTags": stack_tags(),
            },
            "node": {
                "serviceAccount": {"create": True, "name": "fsx-csi-node-sa"},
                "tolerateAllTaints": True,
            },
        },
        policies=[controller_policy(spec)],
        managed_policies=[],
    )
