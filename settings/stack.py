"""Model of the whole stack config."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from components.bucket_spec import BucketSpec
from components.cluster_spec import ClusterSpec
from components.kubeconfig import Credentials
from components.network_spec import NetworkSpec
from components.node_group_spec import NodeGroupSpec
from components.overrides_spec import OverrideSpec
from components.pods.image_spec import ImageSpec
from components.spec.model import Spec
from components.storage.claim_names import SHARED
from components.storage.data_job_spec import DataJobSpec
from components.storage.nfs_volume_spec import CLAIM_NAME as NFS_CLAIM
from components.training.training_spec import TrainingSpec
from settings.deployed import Deployed
from settings.drivers_spec import DriversSpec
from settings.patterns_spec import PatternsSpec
from settings.storage_spec import StorageSpec


class StackConfig(Spec):
    """Keys that a stack file may set under the project's name."""

    model_config = ConfigDict(title="this project")

    protect: bool = False
    """Protect the buckets, the file system, the cluster and the key of its secrets from deletion;
    false by default. To destroy a protected stack, set it to false and run `pulumi up` first."""

    allow_replacement_of: tuple[str, ...] = Field(default=(), examples=[["fs-0123456789abcdef0"]])
    """Ids of file systems (fs-...) and names of buckets that an update may replace, with the loss
    of all data in them. The replacement has another id, so the permission holds only once."""

    tags: dict[str, str] = Field(default_factory=dict, examples=[{"CostCenter": "ml"}])
    """Tags of every AWS resource of the stack, in addition to Project, Stack and Name."""

    overrides: tuple[OverrideSpec, ...] = ()
    """Further inputs of single resources, for settings that have no key of their own. Every preview
    and update logs them. An entry that matches no resource is an error."""

    network: NetworkSpec = Field(default_factory=NetworkSpec.model_construct)
    """VPC of the stack."""

    cluster: ClusterSpec = Field(default_factory=ClusterSpec.model_construct)
    """EKS cluster of the stack."""

    node_groups: dict[str, NodeGroupSpec] = Field(default_factory=dict)
    """Managed node groups by name."""

    bucket: BucketSpec = BucketSpec()
    """Data bucket, which holds datasets, models and checkpoints."""

    storage: StorageSpec = StorageSpec()
    """Shared storage of the pods and the training jobs."""

    drivers: DriversSpec = DriversSpec()
    """Helm charts of the CSI drivers and the SageMaker controller, and the teardown hook."""

    workloads: ImageSpec = ImageSpec()
    """Image of the stack's own pods."""

    data_jobs: dict[str, DataJobSpec] = Field(
        default_factory=dict,
        examples=[{"fetch": {"download": {"dataset": "digits", "directory": "downloads/digits"}}}],
    )
    """Kubernetes Jobs by name that download data to the storage, or read it there. They run the
    workloads image."""

    training: TrainingSpec = TrainingSpec()
    """SageMaker training jobs."""

    patterns: PatternsSpec = PatternsSpec()
    """Optional patterns of storage in machine learning."""

    @property
    def runs_workloads(self) -> bool:
        """True if a pod of the stack runs the workloads image."""
        fsx = self.storage.active_fsx
        link = fsx.link if fsx is not None else None
        preloads = link is not None and link.preload and bool(self.bucket.datasets)
        switched_on = self.patterns.model_dump(exclude_none=True) or self.data_jobs
        return preloads or self.training.on_new_data is not None or bool(switched_on)


class Settings(StackConfig):
    """Stack config with its project, stack, Region, credentials and the last update."""

    project: str
    """Name of the Pulumi project."""

    stack: str
    """Name of the Pulumi stack."""

    region: str
    """AWS Region, from aws:region."""

    deployed: Deployed = Deployed()
    """Parts of the last update."""

    credentials: Credentials = Credentials()
    """AWS credentials that the config names; by default those of the environment."""

    secret_overrides: bool = False
    """True if the stack file encrypts the overrides."""

    @property
    def cluster_name(self) -> str:
        """Name of the EKS cluster, unique in the account and Region."""
        return f"{self.project}-{self.stack}"

    @property
    def claim_roots(self) -> dict[str, str]:
        """Directory that each claim of the data jobs shows, no slash at an end."""
        efs = self.storage.efs if self.storage.backend == "efs" else None
        shared = efs.access_point.path.strip("/") if efs else f"{self.storage.backend}:"
        return {SHARED: shared, NFS_CLAIM: ""}

    @property
    def storage_of_former_names(self) -> str:
        """Storage that had the names of releases with one storage, or else the active one."""
        return self.deployed.storage_of_former_names or self.storage.backend

    @property
    def node_group_specs(self) -> dict[str, NodeGroupSpec]:
        """Node groups by name, each with the release of its machine image after the update."""
        return {
            name: spec.model_copy(update={"release_version": self.release_of(name)})
            for name, spec in self.node_groups.items()
        }

    def release_of(self, group: str) -> str | None:
        """Return the release of a group's machine image after the update.

        Nodes with a newer release than the config names keep it, because EKS cannot return to an
        older one; a change of their launch template installs the newest.
        Source: EKS API Reference, UpdateNodegroupVersion.
        """
        wanted = self.node_groups[group].release_version
        has = self.deployed.node_group_images.get(group)
        if wanted is None or has is None or not _same_minor(wanted, has):
            return wanted
        return max(wanted, has, key=lambda release: release.rpartition("-")[2])


def _same_minor(release: str, other: str) -> bool:
    return release.split(".")[:2] == other.split(".")[:2]
