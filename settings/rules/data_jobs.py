"""Rules of the jobs that bring data to the storage or read it there.

Source: docs/decisions (data of the program is in directories named by their content).
"""

from __future__ import annotations

from collections.abc import Iterator

from components.names import label_errors
from components.spec.errors import ConfigError, Path
from components.storage.data_jobs_places import overlap, place
from components.storage.nfs_volume_spec import CLAIM_NAME as NFS_CLAIM
from settings.stack import Settings

JOBS: Path = ("dataJobs",)
NFS_VOLUME: Path = ("storage", "efs", "nfsVolume")
NAMESPACES: Path = ("storage", "namespaces")
DATASETS: Path = ("datasets",)

MAX_NAME_LENGTH = 40
OF_THE_PROGRAM = ("datasets", "models", "trained", "checkpoints")
"""Directories of the claim `shared` in which the program keeps contents and removes former ones."""


def names(settings: Settings) -> Iterator[ConfigError]:
    """Check that the jobs' names can be part of names in Kubernetes."""
    yield from label_errors(JOBS, settings.data_jobs, MAX_NAME_LENGTH)


def namespaces(settings: Settings) -> Iterator[ConfigError]:
    """Check that each job's namespace has a claim."""
    known = settings.storage.namespaces
    for name, job in settings.data_jobs.items():
        if job.namespace not in known:
            rule = "must be one of storage.namespaces, which have the claims"
            remedy = f"add it there, or set {known[0]}" if known else "add it there"
            yield ConfigError(
                (*JOBS, name, "namespace"), rule, job.namespace, remedy, (NAMESPACES,)
            )


def claims(settings: Settings) -> Iterator[ConfigError]:
    """Check that there is a plain NFS volume for the jobs that mount it."""
    for name, job in settings.data_jobs.items():
        if job.claim == NFS_CLAIM and settings.storage.nfs_volume is None:
            rule = "there is no plain NFS volume: EFS must be in use, with nfsVolume"
            remedy = "set `storage.efs.nfsVolume: {}` with backend efs, or the claim shared"
            yield ConfigError((*JOBS, name, "claim"), rule, job.claim, remedy, (NFS_VOLUME,))


def datasets(settings: Settings) -> Iterator[ConfigError]:
    """Check that a dataset to download is one whose files the stack uploads."""
    known = settings.local_datasets
    for name, job in settings.data_jobs.items():
        dataset = job.download.dataset if job.download else None
        if dataset is not None and dataset not in known:
            rule = "must be one of datasets, with local files"
            remedy = f"choose from {', '.join(known)}" if known else "add it to datasets"
            if dataset in settings.prefix_datasets:
                remedy = "set `source` to its prefix instead"
            path: Path = (*JOBS, name, "download", "dataset")
            yield ConfigError(path, rule, dataset, remedy, (DATASETS,))


def directories(settings: Settings) -> Iterator[ConfigError]:
    """Check that downloads write to directories of their own, and not to the program's."""
    roots, seen = settings.claim_roots, dict[str, str]()
    for name, job in settings.data_jobs.items():
        if job.download is None:
            continue
        path: Path = (*JOBS, name, "download", "directory")
        where = place(job, roots)
        own = [f"{roots['shared']}/{one}".lstrip("/") for one in OF_THE_PROGRAM]
        if any(overlap(where, one) for one in own):
            rule = f"the program keeps its own contents in {', '.join(OF_THE_PROGRAM)}"
            yield ConfigError(path, rule, job.directory, "set for instance downloads/digits")
        first = next((one for one, other in seen.items() if overlap(where, other)), None)
        if first is not None:
            rule = "two downloads need directories of which neither is in the other"
            depends_on: tuple[Path, ...] = ((*JOBS, first, "download", "directory"),)
            yield ConfigError(path, rule, job.directory, "set another directory", depends_on)
        seen[name] = where


RULES = (names, namespaces, claims, datasets, directories)
