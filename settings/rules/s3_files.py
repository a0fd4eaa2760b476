"""Rules of S3 Files that other sections of the config have a part in.

Sources: S3 Files API Reference, CreateFileSystem (the bucket has versioning); S3 User Guide,
"Synchronization of S3 Files" (exports after 60 seconds, each of them a version) and "S3 Files
quotas" (storage classes); SageMaker API Reference, FileSystemDataSource (EFS and FSx for Lustre
only); the releases of aws-efs-csi-driver, of which 3.0.0 is the first that mounts S3 Files, and
its issues 1891 and 1907, which 3.4.1 is free of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.names import kms_region_errors
from components.spec.errors import ConfigError, Path
from components.storage.csi_driver_spec import EfsDriverSpec
from settings.rules.link import UNREADABLE, overlapping
from settings.rules.patterns import MODELS as REPOSITORY
from settings.stack import Settings

S3_FILES: Path = ("storage", "s3files")
PREFIX: Path = (*S3_FILES, "prefix")
BACKEND: Path = ("storage", "backend")
ALSO: Path = ("storage", "also")
FIRST_CHART = (4, 4, 1)
"""First release of the driver's chart whose mounts are known to work with Pod Identity."""
VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """Check that the key is one of the stack's Region."""
    path: Path = (*S3_FILES, "kmsKeyArn")
    yield from kms_region_errors(path, settings.storage.s3files.kms_key_arn, settings.region)


def versioning(settings: Settings) -> Iterator[ConfigError]:
    """Check that the bucket keeps versions, without which AWS makes no file system over it."""
    spec, value = settings.bucket, settings.bucket.versioning
    if settings.storage.used_s3_files is not None and spec.existing is None and not value:
        rule = "S3 Files takes buckets with versioning only"
        depends_on = (BACKEND, ALSO)
        yield ConfigError(("bucket", "versioning"), rule, value, "set true", depends_on)


def archived(settings: Settings) -> Iterator[ConfigError]:
    """Check that no object becomes one of a class that S3 Files cannot read."""
    spec = settings.storage.used_s3_files
    if spec is None or settings.bucket.existing is not None:
        return
    for i, rule in enumerate(settings.bucket.lifecycle):
        for j, transition in enumerate(rule.transitions):
            if transition.storage_class in UNREADABLE and overlapping(rule.prefix, spec.prefix):
                where: Path = ("bucket", "lifecycle", i)
                yield ConfigError(
                    (*where, "transitions", j, "storageClass"),
                    "files of S3 Files must stay readable: no archive class under its prefix",
                    transition.storage_class,
                    "set GLACIER_IR or INTELLIGENT_TIERING, or a prefix outside of it",
                    ((*where, "prefix"), PREFIX),
                )


def expiring(settings: Settings) -> Iterator[ConfigError]:
    """Warn of a lifecycle rule that deletes files which pods have written."""
    spec = settings.storage.used_s3_files
    if spec is None or settings.bucket.existing is not None:
        return
    for i, rule in enumerate(settings.bucket.lifecycle):
        if rule.expiration_days is not None and overlapping(rule.prefix, spec.prefix):
            path: Path = ("bucket", "lifecycle", i, "expirationDays")
            says = "deletes files of S3 Files by their age, those that pods write too"
            remedy = "set a prefix outside of storage.s3files.prefix, or remove it"
            yield ConfigError(path, says, rule.expiration_days, remedy, (PREFIX,))


def versions(settings: Settings) -> Iterator[ConfigError]:
    """Warn of versions that stay for ever: each export of a file makes one."""
    spec = settings.storage.used_s3_files
    if spec is None or settings.bucket.existing is not None:
        return
    kept = [
        rule
        for rule in settings.bucket.lifecycle
        if rule.noncurrent_expiration_days and spec.prefix.startswith(rule.prefix)
    ]
    if not kept:
        rule = "keeps every version, and each export of a file to the bucket makes one"
        remedy = f"add a rule with noncurrentExpirationDays for the prefix {spec.prefix!r}"
        yield ConfigError(("bucket", "lifecycle"), rule, len(settings.bucket.lifecycle), remedy)


def models_apart(settings: Settings) -> Iterator[ConfigError]:
    """Check that no model is copied to a directory whose objects are the model's source.

    Its next listing would have the copy in it, and be another version.
    """
    repository, spec = settings.patterns.model_repository, settings.storage.s3files
    if repository is None or settings.storage.backend != "s3files":
        return
    for name, model in repository.models.items():
        copies = f"{spec.root}models/{name}/"
        if model.prefix is not None and copies.startswith(model.prefix):
            path: Path = (*REPOSITORY, name, "prefix")
            rule = f"must not contain {copies}, to which S3 Files puts the servers' copy"
            remedy = f"move the files to another prefix, such as sources/{name}/"
            yield ConfigError(path, rule, model.prefix, remedy, (BACKEND,))


def driver_version(settings: Settings) -> Iterator[ConfigError]:
    """Check that the driver's chart is of a release that mounts S3 Files by Pod Identity."""
    chart = settings.drivers.efs
    found = VERSION.match(chart.version)
    if settings.storage.used_s3_files is None or found is None:
        return
    named_alike = chart.chart.rpartition("/")[2] == EfsDriverSpec().chart
    if named_alike and tuple(map(int, found.groups())) < FIRST_CHART:
        needed = ".".join(map(str, FIRST_CHART))
        rule = f"S3 Files needs release {needed} of the driver's chart, or a newer one"
        path: Path = ("drivers", "efs", "version")
        yield ConfigError(path, rule, chart.version, f"set {needed}", (BACKEND, ALSO))


RULES = (
    kms_key,
    versioning,
    archived,
    models_apart,
    driver_version,
)
WARNINGS = (expiring, versions)
