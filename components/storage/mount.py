"""The shared storage as training takes it, until training has arguments of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.bucket import Bucket
from components.cluster import Cluster
from components.storage.base import Claim, FileSystem, LoadedDataset
from components.storage.client_access import ClientAccess


@dataclass(frozen=True)
class StorageMount:
    """The shared storage, its claims and its datasets."""

    storage: FileSystem
    bucket: Bucket
    cluster: Cluster
    claims: Mapping[str, Claim]
    datasets: Mapping[str, LoadedDataset]
    jobs_access: ClientAccess
    image: pulumi.Input[str]
    path: str

    @property
    def namespaces(self) -> dict[str, pulumi.Output[str]]:
        """Namespaces with a claim, by name."""
        return {key: one.namespace for key, one in self.claims.items()}

    @property
    def claim_names(self) -> dict[str, pulumi.Output[str]]:
        """Name of each namespace's claim."""
        return {key: one.name for key, one in self.claims.items()}

    @property
    def volumes(self) -> dict[str, pulumi.Resource]:
        """Volume behind each namespace's claim."""
        return {key: one.volume for key, one in self.claims.items()}

    def dataset_ready(self, dataset: str) -> list[pulumi.Resource]:
        """Return the resources that readers of a dataset depend on."""
        return [*self.datasets[dataset].ready]
