"""Model of the whole stack config."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ConfigDict, Field

from components.bucket_spec import BucketSpec
from components.cluster_spec import ClusterSpec
from components.data_source_spec import DataSourceSpec, S3Prefix
from components.dataset_spec import DatasetSpec
from components.kubeconfig import Credentials
from components.model_source_spec import ModelSourceSpec
from components.names import ACK_ACCOUNT, ACK_NAMESPACE, DRIVER_ACCOUNTS, KEPT_OBJECTS
from components.network_spec import NetworkSpec
from components.node_group_spec import NodeGroupSpec
from components.overrides_spec import OverrideSpec
from components.pods.image_spec import ImageSpec
from components.prefix_dataset import PrefixDataset
from components.prefix_listing import PrefixListing
from components.spec.errors import Path
from components.spec.model import Spec
from components.storage.claim_names import SHARED
from components.storage.data_job_spec import DataJobSpec
from components.storage.mountpoint_spec import S3Spec
from components.storage.nfs_volume_spec import CLAIM_NAME as NFS_CLAIM
from components.training.channel_spec import ChannelSpec
from components.training.training_spec import TrainingSpec
from settings.data import DATASETS, MODELS, Declared, declared_datasets
from settings.deployed import Deployed
from settings.drivers_spec import DriversSpec
from settings.existing import Existing
from settings.found_storage import FoundStorage
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
    """Data bucket, which holds the datasets and models of local files, and what jobs write."""

    datasets: dict[str, DatasetSpec] = Field(default_factory=dict)
    """Datasets by name: local files, or objects that are in S3 already. Jobs, patterns and pods
    name them; the back end of the storage decides how they reach it: by a link or by a copy."""

    models: dict[str, ModelSourceSpec] = Field(default_factory=dict)
    """Models by name that the stack does not train: local files, or objects that are in S3
    already."""

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
    def declared_datasets(self) -> dict[str, Declared]:
        """Datasets of both sections that declare them, by name."""
        return declared_datasets(self.datasets, self.bucket)

    @property
    def local_datasets(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Local files and folders of each channel, by the dataset's name."""
        declared = self.declared_datasets.items()
        return {name: one.spec.paths for name, one in declared if one.spec.files}

    @property
    def local_models(self) -> dict[str, tuple[str, ...]]:
        """Local files and folders of each model of the stack, by its name."""
        return {name: spec.paths for name, spec in self.models.items() if spec.files}

    def is_on_storage(self, dataset: str) -> bool:
        """Return whether the shared storage has a dataset.

        Files always are; those of a prefix unless the config says no, or says nothing and all that
        reads them reads them from S3.
        """
        declared = self.declared_datasets.get(dataset)
        if declared is None or declared.spec.storage is not None or declared.spec.files:
            return declared is not None and declared.spec.storage is not False
        patterns = (self.patterns.checkpoints, self.patterns.distributed_dataset)
        jobs = self.training.jobs.values()
        on_storage = [one.dataset for one in (*patterns, *jobs) if one is not None]
        on_storage += [one.dataset for one in self._channels if one.source == "storage"]
        return dataset in on_storage or dataset not in self.read_from_s3

    @property
    def read_from_s3(self) -> tuple[str, ...]:
        """Names of the datasets that a job reads from S3, each once.

        Jobs read S3 Files there, which SageMaker does not mount.
        """
        jobs = self.training.jobs.values()
        if self.storage.backend == "s3files":
            return tuple(dict.fromkeys(name for job in jobs for name in job.datasets))
        return tuple(dict.fromkeys(one.dataset for one in self._channels if one.source == "s3"))

    @property
    def job_keys(self) -> list[str]:
        """ARNs of the KMS keys of the jobs' volumes and models, each once."""
        jobs = self.training.jobs.values()
        named = [key for one in jobs for key in (one.volume_kms_key_arn, one.output_kms_key_arn)]
        return [*dict.fromkeys(key for key in named if key)]

    @property
    def _channels(self) -> list[ChannelSpec]:
        jobs = self.training.jobs.values()
        return [channel for job in jobs for channel in job.channels.values()]

    @property
    def runs_workloads(self) -> bool:
        """True if a pod of the stack runs the workloads image."""
        fsx = self.storage.active_fsx
        link = fsx.link if fsx is not None else None
        preloads = link is not None and link.preload and bool(self.local_datasets)
        copies = any(one.uri and self.is_on_storage(name) for name, one in self.datasets.items())
        switched_on = self.patterns.model_dump(exclude_none=True) or self.data_jobs
        runs = self.training.on_new_data is not None or self.storage.bench is not None
        return preloads or copies or runs or bool(switched_on)


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

    existing: Existing = Existing(is_known=False)
    """Network and cluster that the config names and that exist, as they were found."""

    found_storage: FoundStorage = FoundStorage(is_known=False)
    """File systems that the config names and somebody else made."""

    credentials: Credentials = Credentials()
    """AWS credentials that the config names; by default those of the environment."""

    listings: Mapping[Path, PrefixListing] = Field(default_factory=dict)
    """Content of each prefix in S3, by the key of the dataset or model that names it."""

    secret_overrides: bool = False
    """True if the stack file encrypts the overrides."""

    @property
    def prefix_datasets(self) -> dict[str, PrefixDataset]:
        """Datasets that lie in S3 already, with their content, by name."""
        return {
            name: self._in_s3((*DATASETS, name), spec, place, spec.folders)
            for name, spec in self.datasets.items()
            if (place := spec.s3_prefix) is not None
        }

    @property
    def prefix_models(self) -> dict[str, PrefixDataset]:
        """Models that lie in S3 already, with their content, by name."""
        return {
            name: self._in_s3((*MODELS, name), spec, place, {})
            for name, spec in self.models.items()
            if (place := spec.s3_prefix) is not None
        }

    def _in_s3(
        self, path: Path, spec: DataSourceSpec, place: S3Prefix, folders: Mapping[str, str]
    ) -> PrefixDataset:
        name = str(path[-1])
        content = self.listings.get(path, PrefixListing(""))
        on_storage = self.is_on_storage(name)
        return PrefixDataset(
            name, place, content, folders, spec.manifest, spec.kms_key_arn, on_storage
        )

    @property
    def cluster_name(self) -> str:
        """Name of the EKS cluster, unique in the account and Region."""
        return self.cluster.existing or f"{self.project}-{self.stack}"

    def uses_their_driver(self, driver: str) -> bool:
        """Return whether the cluster has a CSI driver that this stack did not install.

        A driver of the stack got its role before its chart, so a driver whose account has a role of
        the stack is the stack's own, also after an update that was killed.

        Args:
            driver: Name of the CSI driver.
        """
        cluster = self.existing.cluster
        ours = self.installed_driver(driver)
        return cluster is not None and not ours and cluster.runs_driver(driver)

    def installed_driver(self, driver: str) -> bool:
        """Return whether an update of this stack installed a CSI driver."""
        has_role = ("kube-system", DRIVER_ACCOUNTS[driver]) in self.deployed.service_accounts
        release = f"mount-driver-{driver.partition('.')[0]}-release"
        return has_role or release in self.deployed.releases

    @property
    def storage_drivers(self) -> tuple[str, ...]:
        """Names of the CSI drivers of the storages in use."""
        names = [one.driver_name for one in self.storage.in_use.values()]
        return tuple(
            dict.fromkeys([*names, *([S3Spec.driver_name] if self.uses_mountpoint else [])])
        )

    @property
    def uses_mountpoint(self) -> bool:
        """True if Mountpoint for Amazon S3 stands beside the active storage."""
        return "s3" in self.storage.also

    @property
    def their_drivers(self) -> frozenset[str]:
        """Names of those of them that the cluster has and that this stack did not install."""
        return frozenset(one for one in self.storage_drivers if self.uses_their_driver(one))

    @property
    def own_driver_objects(self) -> frozenset[str]:
        """Names of the drivers whose CSIDriver object the stack brings to an existing cluster.

        Not of those whose object is there: a chart that is gone may have left it.
        """
        cluster = self.existing.cluster
        there = cluster.objects.csi_drivers if cluster else frozenset()
        ours = {*self.storage_drivers} - self.their_drivers
        ours &= KEPT_OBJECTS
        return frozenset(ours - (there - self.deployed.csi_drivers) if cluster else ())

    @property
    def needs_pod_identity(self) -> bool:
        """True if pods of the stack call AWS."""
        brings_driver = bool({*self.storage_drivers} - self.their_drivers)
        has_data = bool(self.bucket.datasets) or self.training.on_new_data is not None
        has_data = has_data or bool(self.data_jobs)
        switched_on = bool(self.patterns.model_dump(exclude_none=True))
        return brings_driver or self.installs_controller or has_data or switched_on

    @property
    def uses_their_controller(self) -> bool:
        """True if the cluster has an ACK controller that this stack did not install."""
        cluster = self.existing.cluster
        ours = (ACK_NAMESPACE, ACK_ACCOUNT) in self.deployed.service_accounts
        return cluster is not None and not ours and bool(cluster.objects.ack_controllers)

    @property
    def installs_controller(self) -> bool:
        """True if the stack brings an ACK controller: into an existing cluster only for jobs."""
        if self.cluster.existing is None:
            return True
        has_jobs = bool(self.training.jobs)
        return has_jobs and not self.uses_their_controller

    @property
    def their_namespaces(self) -> frozenset[str]:
        """Namespaces of an existing cluster that this stack did not make."""
        cluster = self.existing.cluster
        found = cluster.objects.namespaces if cluster else frozenset()
        return found - self.deployed.namespaces

    @property
    def shared_name(self) -> str | None:
        """Name of the stack among others in a cluster; None in a cluster of its own."""
        return f"{self.project}-{self.stack}" if self.cluster.existing else None

    @property
    def zones_are_known(self) -> bool:
        """False if the zones are those of existing subnets that nobody has looked up."""
        return self.network.existing is None or bool(self.network.zones)

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
