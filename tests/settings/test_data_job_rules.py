"""Jobs that bring data to the storage or read it there."""

from __future__ import annotations

from typing import Any

import pytest

from components.spec.errors import NOT_SET
from tests.settings.configs import Case, assert_refused, checked, keys

JOB = "dataJobs.fetch"
FETCH = f"{JOB}.download"
EFS = {"storage.backend": "efs"}


def download(**changes: Any) -> dict[str, Any]:
    """A job that downloads a dataset, with some keys changed; None removes one."""
    given = {"dataset": "digits", "directory": "downloads/digits", **changes}
    return {FETCH: {key: value for key, value in given.items() if value is not None}}


CASES = {
    "a job with nothing to do": Case(
        {JOB: {}}, FETCH, "something to do", NOT_SET, "add one of them"
    ),
    "a job that does two things": Case(
        {**download(), f"{JOB}.consume": {"directory": "downloads/digits"}},
        FETCH,
        "does one thing",
        "downloads/digits",
        "two jobs",
    ),
    "a job whose name no Job can have": Case(
        {"dataJobs": {"Fetch": {"consume": {"directory": "a"}}}},
        "dataJobs.Fetch",
        "lower-case",
        "Fetch",
        "rename",
    ),
    "a download from nowhere": Case(
        download(dataset=None), f"{FETCH}.source", "needs a source or a dataset", NOT_SET, "set one"
    ),
    "a download from two places": Case(
        download(source="s3://bucket/key"),
        f"{FETCH}.source",
        "not both",
        "s3://bucket/key",
        "remove one",
    ),
    "a download from a whole bucket": Case(
        download(dataset=None, source="s3://bucket"),
        f"{FETCH}.source",
        "s3://BUCKET/PREFIX/",
        "s3://bucket",
        "name a dataset",
    ),
    "a download from a bucket in capitals": Case(
        download(dataset=None, source="s3://My-Bucket/set/"),
        f"{FETCH}.source",
        "s3://BUCKET/PREFIX/",
        "s3://My-Bucket/set/",
        "correct it",
    ),
    "a download by a URL with a password": Case(
        download(dataset=None, source="https://me:secret@example.com/set.csv"),
        f"{FETCH}.source",
        "user name or password",
        "a URL with credentials",
        "presigned",
    ),
    "a download of a whole site": Case(
        download(dataset=None, source="https://example.com/"),
        f"{FETCH}.source",
        "URL of a file",
        "https://example.com/",
        "add its path",
    ),
    "a download to an absolute directory": Case(
        download(directory="/downloads"),
        f"{FETCH}.directory",
        "below the claim's root",
        "/downloads",
        "downloads/digits",
    ),
    "a download to the directory above": Case(
        download(directory="downloads/../datasets"),
        f"{FETCH}.directory",
        "no part with a dot",
        "downloads/../datasets",
        "downloads/digits",
    ),
    "a download into the program's own directory": Case(
        download(directory="datasets/digits"),
        f"{FETCH}.directory",
        "keeps its own contents",
        "datasets/digits",
        "downloads/digits",
    ),
    "a download by NFS over the claims' root": Case(
        {**EFS, "storage.efs.nfsVolume": {}, **download(directory="shared"), f"{JOB}.claim": "nfs"},
        f"{FETCH}.directory",
        "keeps its own contents",
        "shared",
        "downloads/digits",
    ),
    "two downloads into one directory": Case(
        {
            **download(),
            "dataJobs.again": {"download": {"dataset": "digits", "directory": "downloads"}},
        },
        "dataJobs.again.download.directory",
        "neither is in the other",
        "downloads",
        "another directory",
    ),
    "a download of a dataset that is not there": Case(
        download(dataset="letters"),
        f"{FETCH}.dataset",
        "one of datasets, with local files",
        "letters",
        "choose from digits",
    ),
    "a checksum of another kind": Case(
        download(dataset=None, source="https://example.com/set.csv", sha256="abc"),
        f"{FETCH}.sha256",
        "64 hexadecimal",
        "abc",
        "sha256sum",
    ),
    "a checksum of objects": Case(
        download(sha256="0" * 64), f"{FETCH}.sha256", "at a URL", "0" * 64, "remove it"
    ),
    "a job in a namespace without a claim": Case(
        {**download(), f"{JOB}.namespace": "other"},
        f"{JOB}.namespace",
        "one of storage.namespaces",
        "other",
        "set training",
    ),
    "a job on an NFS volume that is not there": Case(
        {**EFS, **download(), f"{JOB}.claim": "nfs"},
        f"{JOB}.claim",
        "no plain NFS volume",
        "nfs",
        "nfsVolume",
    ),
    "a job on an NFS volume of a storage that is not in use": Case(
        {**download(), f"{JOB}.claim": "nfs", "storage.efs.nfsVolume": {}},
        f"{JOB}.claim",
        "EFS must be in use",
        "nfs",
        "backend efs",
    ),
    "a job with half a word of memory": Case(
        {**download(), f"{JOB}.memory": "1G"}, f"{JOB}.memory", "Mi or Gi", "1G", "correct"
    ),
    "a job with processors in words": Case(
        {**download(), f"{JOB}.cpu": "two"}, f"{JOB}.cpu", "processors", "two", "correct"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_job_that_could_not_end_well_is_refused(case: Case) -> None:
    assert_refused(case)


@pytest.mark.parametrize(
    "changes",
    [
        download(),
        download(dataset=None, source="s3://bucket/sets/cifar/"),
        download(
            dataset=None, source="https://example.com/s.tar.gz", sha256="0" * 64, extract=True
        ),
        {**EFS, "storage.efs.nfsVolume": {}, **download(), f"{JOB}.claim": "nfs"},
        {f"{JOB}.consume": {"directory": "datasets/digits"}},
    ],
)
def test_what_works_is_taken(changes: dict[str, Any]) -> None:
    assert keys(changes) == []


def test_jobs_run_the_workloads_image() -> None:
    assert checked(download())[0].runs_workloads
