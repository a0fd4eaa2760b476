"""Shared storage in a cluster: the driver, the claims, and the datasets on it."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from components.cluster import Cluster
from components.storage.base import Claim, LoadedDataset
from components.storage.claims import Claims
from components.storage.dataset_copies import DatasetCopies
from components.storage.dataset_imports import DatasetImports
from components.storage.driver import CsiDriver
from components.storage.old_contents import Kept, OldContents
from components.storage.shared_storage import SharedStorage

MODELS = "models"
"""Directory of all models, from the root of the claim."""


class StorageMountArgs(TypedDict):
    """What a StorageMount is made of."""

    storage: SharedStorage
    """What is mounted."""
    cluster: Cluster
    """Where."""
    driver: CsiDriver
    """The back end's CSI driver, in the cluster."""
    namespaces: dict[str, pulumi.Output[str]]
    """Namespaces that get a claim, by name."""
    copy_namespace: str
    """The one of the namespaces in which datasets are copied or preloaded, if they have to be."""
    image: pulumi.Input[str]
    """The workloads image."""
    mount_path: str
    """Where pods are to mount their claim."""


class StorageMount(pulumi.ComponentResource):
    """The Kubernetes half of shared storage, the same for every back end.

    At the end of a stack it goes backwards: copies, claims, and then the driver.
    """

    storage: SharedStorage
    cluster: Cluster
    path: str
    """Where pods are to mount their claim."""
    image: pulumi.Input[str]
    """What the pods run that read and write it: the workloads image."""
    namespaces: dict[str, pulumi.Output[str]]
    """Those that have a claim, by name."""
    claim_names: dict[str, pulumi.Output[str]]
    """By namespace."""
    volumes: dict[str, pulumi.Resource]
    """Behind the claims, by namespace. Kubernetes keeps a claim for as long as a pod runs that has
    it, so that a Deployment is replaced with its volume."""
    storage_class_name: pulumi.Output[str]
    claims: list[pulumi.Resource]
    """The bound claims, and the class for claims of one's own."""

    def __init__(
        self,
        name: str,
        args: StorageMountArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("eks-ml-storage:storage:StorageMount", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.storage, self.cluster = args["storage"], args["cluster"]
        self.path, self.namespaces = args["mount_path"], args["namespaces"]
        self.image = args["image"]
        claims = self._claims(args["driver"])
        self.claim_names, self.volumes = claims.names, claims.volumes
        self.storage_class_name = claims.storage_class_name
        self.claims = [*claims.ready, claims.storage_class]
        self._copies = self._dataset_copies(claims)
        self._imports = self._dataset_imports(claims)
        self.register_outputs({"claimNames": self.claim_names})

    def claim(self, namespace: str) -> Claim:
        """Return the claim of a namespace."""
        return Claim(
            namespace=self.namespaces[namespace],
            name=self.claim_names[namespace],
            mount_path=self.path,
            volume=self.volumes[namespace],
            file_system_id=self.storage.file_system_id,
        )

    @property
    def datasets(self) -> dict[str, LoadedDataset]:
        """Datasets on the storage, by name."""
        return {
            name: LoadedDataset(
                name=name,
                digest=dataset.digest,
                channels={each: self.storage.directory(key) for each, key in dataset.keys.items()},
                ready=tuple(self.dataset_ready(name)),
            )
            for name, dataset in self.storage.bucket.datasets.items()
        }

    def dataset_ready(self, dataset: str) -> list[pulumi.Resource]:
        """What to wait for before a dataset can be read from the storage."""
        return [
            *self.storage.ready,
            *self._copies.ready(dataset),
            *self._imports.ready(dataset),
        ]

    def remove_old_contents(
        self, models: Sequence[pulumi.Output[str]], after: Sequence[pulumi.Resource]
    ) -> None:
        """Remove former contents of datasets and models from the storage.

        Args:
            models: Directories of the models in use, from the root of the claim.
            after: All that reads what is in use now, by which nothing reads what was before.
        """
        namespace = self._args["copy_namespace"]
        OldContents(
            f"{self._name}-old",
            {
                "namespace": self.namespaces[namespace],
                "claim_name": self.claim_names[namespace],
                "file_system_id": self.storage.file_system_id,
                "kept": [*self._datasets_in_use(), *self._models_in_use(models)],
            },
            self._child,
            after=[*after, *self.claims],
        )

    def _datasets_in_use(self) -> list[Kept]:
        """The datasets, beside which a link may show what others put into the bucket."""
        storage = self.storage
        return [
            Kept(
                "linked" if storage.brings(dataset.prefix) else "ours",
                storage.directory(dataset.prefix),
            )
            for dataset in storage.bucket.datasets.values()
        ]

    def _models_in_use(self, models: Sequence[pulumi.Output[str]]) -> list[Kept]:
        """The models, unless a link shows objects of the bucket in the same place."""
        if self.storage.brings(MODELS):
            return []
        return [Kept("ours", each) for each in models]

    def _claims(self, driver: CsiDriver) -> Claims:
        """The claims, once nodes can mount them."""
        storage = self.storage
        admitted = storage.admit({"nodes": self.cluster.security_group_id})
        return Claims(
            f"{self._name}-claims",
            {
                "namespaces": self.namespaces,
                "volume": storage.volume,
                "storage_class": storage.storage_class,
            },
            self._child,
            after=[*driver.ready, *storage.ready, *admitted],
        )

    def _dataset_copies(self, claims: Claims) -> DatasetCopies:
        """Copies of the datasets that the storage does not bring by itself."""
        storage, bucket = self.storage, self.storage.bucket
        namespace = self._args["copy_namespace"]
        return DatasetCopies(
            f"{self._name}-copies",
            {
                "cluster_name": self.cluster.name,
                "namespace": self.namespaces[namespace],
                "claim_name": claims.names[namespace],
                "file_system_id": storage.file_system_id,
                "bucket_name": bucket.name,
                "bucket_arn": bucket.arn,
                "use_key": bucket.use_key,
                "datasets": {
                    name: dataset
                    for name, dataset in bucket.datasets.items()
                    if not storage.brings(dataset.prefix)
                },
            },
            self._child,
            after=claims.ready,
        )

    def _dataset_imports(self, claims: Claims) -> DatasetImports:
        """The datasets that the storage brings by itself, some time after they are uploaded."""
        storage, namespace = self.storage, self._args["copy_namespace"]
        datasets = {
            name: dataset
            for name, dataset in storage.bucket.datasets.items()
            if storage.brings(dataset.prefix)
        }
        return DatasetImports(
            f"{self._name}-imports",
            {
                "image": self._args["image"],
                "namespace": self.namespaces[namespace],
                "claim_name": claims.names[namespace],
                "mount_path": self.path,
                "file_system_id": storage.file_system_id,
                "bucket_name": storage.bucket.name,
                "datasets": datasets,
                "directories": {
                    name: storage.directory(dataset.prefix) for name, dataset in datasets.items()
                },
                "preload": storage.preloads,
            },
            self._child,
            after=claims.ready,
        )
