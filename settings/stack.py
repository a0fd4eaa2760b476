"""The whole stack config."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from components.bucket_spec import BucketSpec
from components.cluster_spec import ClusterSpec
from components.helm_spec import ChartSpec
from components.kubeconfig import Credentials
from components.network_spec import NetworkSpec
from components.node_group_spec import NodeGroupSpec
from components.overrides_spec import OverrideSpec
from components.pods.image_spec import ImageSpec
from components.spec.model import Spec
from components.training.training_spec import TrainingSpec
from settings.deployed import Deployed
from settings.drivers import Drivers
from settings.patterns import PatternsSpec
from settings.storage import StorageSpec


class StackConfig(Spec):
    """The keys a stack file may set under the project's name."""

    model_config = ConfigDict(title="this project")

    protect: bool = False
    """Refuse to delete what holds data: the buckets and the file systems, and the cluster with the
    key of its secrets. To destroy the stack, set it to false and run `pulumi up` first."""

    allow_replacement_of: tuple[str, ...] = ()
    """Ids of file systems (fs-...) and names of buckets that an update may replace, with the loss
    of all data in them. What comes in their place has another id, so the permission ends there."""

    tags: dict[str, str] = Field(default_factory=dict)
    """Tags of every AWS resource, beside those for project and stack."""

    overrides: tuple[OverrideSpec, ...] = ()
    """Further inputs of single resources, for what no other key sets. Each is logged by every
    preview and update, and an entry that fits no resource is an error."""

    network: NetworkSpec = Field(default_factory=NetworkSpec.model_construct)
    """The VPC."""

    cluster: ClusterSpec = Field(default_factory=ClusterSpec.model_construct)
    """The EKS cluster."""

    node_groups: dict[str, NodeGroupSpec] = Field(default_factory=dict)
    """Managed node groups by name."""

    bucket: BucketSpec = BucketSpec()
    """The data bucket."""

    storage: StorageSpec = StorageSpec()
    """The shared storage."""

    drivers: Drivers = Drivers()
    """The CSI drivers and the SageMaker controller."""

    workloads: ImageSpec = ImageSpec()
    """Image of the pods that run workloads/."""

    training: TrainingSpec = TrainingSpec()
    """The training jobs."""

    patterns: PatternsSpec = PatternsSpec()
    """Patterns of storage, each of which is there when it is set."""

    @property
    def runs_workloads(self) -> bool:
        """Whether any pod runs the workloads image."""
        fsx = self.storage.active_fsx
        link = fsx.link if fsx is not None else None
        preloads = link is not None and link.preload and bool(self.bucket.datasets)
        switched_on = self.patterns.model_dump(exclude_none=True)
        return preloads or self.training.on_new_data is not None or bool(switched_on)

    @property
    def driver(self) -> ChartSpec:
        """The chart of the active back end's CSI driver."""
        active: ChartSpec = getattr(self.drivers, self.storage.backend)
        return active


class Settings(StackConfig):
    """The stack config, with where it is deployed."""

    project: str
    """The Pulumi project."""

    stack: str
    """The Pulumi stack."""

    region: str
    """The AWS Region, from aws:region."""

    deployed: Deployed = Deployed()
    """What the last update has deployed."""

    credentials: Credentials = Credentials()
    """The AWS credentials that the config names; the environment's where it names none."""

    secret_overrides: bool = False
    """True if the stack file encrypts the overrides."""

    @property
    def cluster_name(self) -> str:
        """The name of the EKS cluster, of which there is one in the account and Region."""
        return f"{self.project}-{self.stack}"

    @property
    def node_group_specs(self) -> dict[str, NodeGroupSpec]:
        """Node groups by name, each with the release of the machine image that it is to have."""
        return {
            name: spec.model_copy(update={"release_version": self.release_of(name)})
            for name, spec in self.node_groups.items()
        }

    def release_of(self, group: str) -> str | None:
        """Return the release of the machine image that the nodes of a group are to have.

        Nodes that have a newer one than the config says keep it, since EKS has no way back: a
        change of their launch template brings the newest.
        Source: EKS API Reference, UpdateNodegroupVersion.
        """
        wanted = self.node_groups[group].release_version
        has = self.deployed.node_group_images.get(group)
        if wanted is None or has is None or not _same_minor(wanted, has):
            return wanted
        return max(wanted, has, key=lambda release: release.rpartition("-")[2])


def _same_minor(release: str, other: str) -> bool:
    """Whether two releases of the machine image are of one minor version of Kubernetes."""
    return release.split(".")[:2] == other.split(".")[:2]
