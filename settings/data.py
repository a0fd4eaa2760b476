"""Datasets and models that a config declares, whichever section it declares them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from components.bucket_spec import BucketSpec
from components.data_source_spec import DataSourceSpec, is_folder
from components.dataset_spec import DatasetSpec
from components.model_source_spec import ModelSourceSpec
from components.spec.errors import Path
from settings.prefixes import PrefixQuery

DATASETS: Path = ("datasets",)
MODELS: Path = ("models",)
IN_BUCKET: Path = ("bucket", "datasets")
"""Section in which the last release declared datasets."""


class Declared(NamedTuple):
    """A dataset and its keys in the stack file."""

    path: Path
    """Key of the dataset."""
    files: Path
    """Key of its channels of local files."""
    spec: DatasetSpec
    """Settings of the dataset."""


def declared_datasets(
    datasets: Mapping[str, DatasetSpec], bucket: BucketSpec
) -> dict[str, Declared]:
    """Return the datasets of both sections by name; one of `datasets` hides one of the bucket.

    A folder is left out of the section of the last release, which takes files only.

    Args:
        datasets: Section `datasets`.
        bucket: Section `bucket`.
    """
    former = {
        name: Declared(
            (*IN_BUCKET, name),
            (*IN_BUCKET, name),
            DatasetSpec.model_construct(
                files={one: () if is_folder(path) else path for one, path in given.channels.items()}
            ),
        )
        for name, given in bucket.datasets.items()
    }
    present = {
        name: Declared((*DATASETS, name), (*DATASETS, name, "files"), given)
        for name, given in datasets.items()
    }
    return {**former, **present}


def query(spec: DataSourceSpec) -> PrefixQuery | None:
    """Return what has to be asked of S3 about a dataset or model; None for local files."""
    if spec.s3_prefix is None:
        return None
    named = spec.folders.values() if isinstance(spec, DatasetSpec) else ()
    folders = tuple(sorted({folder for folder in named if folder}))
    return PrefixQuery(spec.s3_prefix, spec.manifest, folders)


def queries(
    datasets: Mapping[str, DatasetSpec], models: Mapping[str, ModelSourceSpec]
) -> dict[Path, PrefixQuery]:
    """Return what has to be asked of S3, by the key of the dataset or model."""
    sources: dict[Path, DataSourceSpec] = {(*DATASETS, name): it for name, it in datasets.items()}
    sources |= {(*MODELS, name): it for name, it in models.items()}
    return {path: asked for path, it in sources.items() if (asked := query(it)) is not None}
