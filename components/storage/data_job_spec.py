"""Settings of the jobs that bring data to a file system or read it there.

Sources: S3 User Guide, "Bucket naming rules"; RFC 3986, section 3.2.1 (user information of a URL).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from components.names import namespace_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.model import Spec

S3_SOURCE = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>.+)")
DIRECTORY = re.compile(r"(?!\.)[\w.-]+(/(?!\.)[\w.-]+)*", re.ASCII)
SHA256 = re.compile(r"[0-9a-f]{64}")
QUANTITY_CPU = re.compile(r"\d+m|\d+(\.\d+)?")
QUANTITY_MEMORY = re.compile(r"\d+(Mi|Gi)")
ClaimName = Literal["shared", "nfs"]

SOURCE: Path = ("source",)
DATASET: Path = ("dataset",)


class DownloadSpec(Spec):
    """Download of a dataset into a directory of the claim."""

    source: str | None = Field(
        default=None,
        examples=["s3://my-bucket/datasets/cifar10/", "https://example.com/set.tar.gz"],
    )
    """Place that the data comes from: s3://BUCKET/PREFIX/, s3://BUCKET/KEY, or an http or https
    URL of one file."""

    dataset: str | None = Field(default=None, examples=["digits"])
    """Name of a dataset of `datasets`, with local files, to download instead of a source."""

    directory: str = Field(examples=["downloads/digits"])
    """Directory that the files come to, from the root of the claim."""

    sha256: str | None = Field(
        default=None,
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    """SHA-256 of the file at a URL, in hexadecimal digits. Without it, only the size is checked."""

    extract: bool = False
    """Unpack each .tar.gz beside itself; false by default."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the source, the directory and the checksum."""
        yield from _source(self)
        yield from _directory(self.directory)
        yield from _checksum(self)


class ConsumeSpec(Spec):
    """Reading of every file of a directory, with the throughput as its result."""

    directory: str = Field(examples=["downloads/digits"])
    """Directory to read, from the root of the claim. The job waits for downloads into it."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the directory."""
        yield from _directory(self.directory)


class DataJobSpec(Spec):
    """Kubernetes Job that downloads a dataset to the storage, or one that reads it."""

    download: DownloadSpec | None = None
    """Download of a dataset; either this or `consume`."""

    consume: ConsumeSpec | None = None
    """Reading of a directory; either this or `download`."""

    claim: ClaimName = "shared"
    """Claim that the job mounts: shared, on the active storage, or nfs, the plain NFS volume of
    `storage.efs.nfsVolume`."""

    namespace: str = "training"
    """Namespace of the job, one of `storage.namespaces`."""

    cpu: str = "1"
    """Processors that a node must have free for the job, such as 500m or 2."""

    memory: str = "1Gi"
    """Memory of the job, request and limit."""

    max_runtime_seconds: Annotated[int, Field(ge=60, le=7 * 24 * 3600)] = 6 * 3600
    """Seconds after which the job fails, its retries included."""

    @property
    def directory(self) -> str:
        """Directory that the job writes or reads, from the root of the claim."""
        part = self.download or self.consume
        return part.directory if part else ""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of a job."""
        yield from namespace_errors(("namespace",), self.namespace)
        yield from _kind(self)
        yield from _resources(self)


def _kind(job: DataJobSpec) -> Iterator[ConfigError]:
    path: Path = ("download",)
    if job.download is None and job.consume is None:
        rule = "a job needs something to do: a download, or a consume"
        yield ConfigError(path, rule, NOT_SET, "add one of them", (("consume",),))
    elif job.download is not None and job.consume is not None:
        rule = "a job does one thing: a download or a consume"
        remedy = "make two jobs of it: the second waits for the first"
        yield ConfigError(path, rule, job.download.directory, remedy, (("consume",),))


def _resources(job: DataJobSpec) -> Iterator[ConfigError]:
    if not QUANTITY_CPU.fullmatch(job.cpu):
        rule = "must be processors or thousandths of one, such as 2 or 500m"
        yield ConfigError(("cpu",), rule, job.cpu, "correct it")
    if not QUANTITY_MEMORY.fullmatch(job.memory):
        yield ConfigError(("memory",), "must be in Mi or Gi, such as 2Gi", job.memory, "correct it")


def _source(one: DownloadSpec) -> Iterator[ConfigError]:
    source = one.source
    if (source is None) == (one.dataset is None):
        rule = "a download needs a source or a dataset, and not both"
        remedy = "set one of them" if source is None else "remove one of them"
        yield ConfigError(SOURCE, rule, NOT_SET if source is None else source, remedy, (DATASET,))
    elif source is not None and source.startswith(("http://", "https://")):
        if "@" in urlsplit(source).netloc:
            rule = "must not contain a user name or password, which the cluster would show"
            yield ConfigError(SOURCE, rule, "a URL with credentials", "use a presigned URL")
        elif not urlsplit(source).netloc or not urlsplit(source).path.strip("/"):
            rule = "must be the URL of a file"
            yield ConfigError(SOURCE, rule, source, "add its path, such as /set.tar.gz")
    elif source is not None and not S3_SOURCE.fullmatch(source):
        rule = "must be s3://BUCKET/PREFIX/, s3://BUCKET/KEY or an http or https URL"
        yield ConfigError(SOURCE, rule, source, "correct it, or name a dataset")


def _directory(value: str) -> Iterator[ConfigError]:
    if not DIRECTORY.fullmatch(value):
        rule = "must be a path below the claim's root: no slash at an end, no part with a dot first"
        yield ConfigError(("directory",), rule, value, "set for instance downloads/digits")


def _checksum(one: DownloadSpec) -> Iterator[ConfigError]:
    value, path = one.sha256, ("sha256",)
    if value is None:
        return
    if not SHA256.fullmatch(value):
        rule = "must be 64 hexadecimal digits in small letters"
        yield ConfigError(path, rule, value, "see `sha256sum FILE`")
    if one.source is None or one.source.startswith("s3://"):
        rule = "is for a file at a URL: objects of S3 have checksums of their own"
        yield ConfigError(path, rule, value, "remove it", (SOURCE, DATASET))
