"""Claims on single directories of file systems, so that teams share one and see their own only."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on
from components.pods.job import WorkloadJob
from components.pods.templates import claim as claim_volume
from components.pods.templates import job_spec
from components.storage.base import Claim, Directory
from components.storage.claims import bound_claim, persistent_volume
from components.storage.content_pods import VOLUME, script_container
from components.storage.directory_claim_spec import DirectoryClaimSpec
from components.storage.storages import Mounted

COMPONENT = "directory"
DEADLINE_SECONDS = 600
CAPABILITIES = ("CHOWN", "FOWNER", "DAC_OVERRIDE")
"""Capabilities to make a directory for another user, of all that root has."""


class DirectoryClaimsArgs(TypedDict):
    """Arguments of `DirectoryClaims`."""

    claims: Mapping[str, DirectoryClaimSpec]
    """Settings of the claims, by their names."""
    storages: Mapping[str, Mounted]
    """Storages of the stack, by their names."""
    active: str
    """Name of the active storage."""
    namespaces: Mapping[str, pulumi.Input[str]]
    """Namespaces by name, as in `ClaimsArgs`."""


class DirectoryClaims(pulumi.ComponentResource):
    """Claims on single directories: EFS by an access point, Lustre by a mount of the directory.

    Lustre mounts a directory that is there. A Job makes it first, through a claim on the whole
    storage. Volumes wait for the resources of `depends_on`, the drivers.
    """

    by_name: dict[str, Claim]
    """The claims, by their names."""

    def __init__(
        self, name: str, args: DirectoryClaimsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:DirectoryClaims", name, {}, own)
        child = pulumi.ResourceOptions(parent=self)
        self.by_name = {}
        for key, spec in args["claims"].items():
            storage = args["storages"][spec.storage or args["active"]]
            file_system = storage.file_system
            directory = file_system.directory(f"{name}-{key}", directory_of(spec), child)
            ready: list[pulumi.Resource] = [file_system, *storage.access, *depends_on]
            if not directory.makes_itself:
                whole = next(iter(storage.claims.by_namespace.values()))
                ready.append(directory_job(f"{name}-{key}", spec, whole, child))
            volume = persistent_volume(
                f"{name}-{key}-volume",
                key,
                spec.namespace,
                directory.volume,
                pulumi.ResourceOptions(parent=self, depends_on=ready),
            )
            known = args["namespaces"][spec.namespace]
            claim = bound_claim(f"{name}-{key}", key, known, volume, child)
            self.by_name[key] = Claim(
                namespace=pulumi.Output.from_input(known),
                name=claim.metadata.name,
                mount_path=f"/mnt/{key}",
                volume=volume,
                file_system_id=file_system.file_system_id,
            )
        self.register_outputs({"names": {key: one.name for key, one in self.by_name.items()}})


def directory_of(spec: DirectoryClaimSpec) -> Directory:
    """Return the directory of a claim."""
    return Directory(
        path=spec.directory,
        uid=spec.uid,
        gid=spec.gid,
        permissions=spec.permissions,
        read_only=spec.is_read_only,
    )


def directory_job(
    name: str, spec: DirectoryClaimSpec, whole: Claim, opts: pulumi.ResourceOptions
) -> WorkloadJob:
    """Make a Job that makes a directory through a claim on the whole storage.

    Args:
        name: Name of the component.
        spec: Settings of the claim.
        whole: Claim on the whole storage.
        opts: Options of the component.
    """
    return WorkloadJob(
        f"{name}-directory",
        {
            "namespace": whole.namespace,
            "component": COMPONENT,
            "name_prefix": f"{COMPONENT}-{spec.directory.replace('/', '-').lower()[:30]}",
            "spec": job_spec(directory_pod(spec, whole), deadline_seconds=DEADLINE_SECONDS),
        },
        pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[whole.volume])),
    )


def directory_pod(
    spec: DirectoryClaimSpec, whole: Claim
) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """Return a pod that is root, because the root of a new Lustre file system is root's."""
    environment = {
        "DIRECTORY": spec.directory,
        "OWNER": f"{spec.uid}:{spec.gid}",
        "MODE": spec.permissions,
    }
    script = script_container("directory", "directories", environment, capabilities=CAPABILITIES)
    return {
        "metadata": {"annotations": {"eks-ml-storage/file-system-id": whole.file_system_id}},
        "spec": {
            "restart_policy": "Never",
            "automount_service_account_token": False,
            "containers": [script],
            "volumes": [claim_volume(VOLUME, whole.name)],
        },
    }
