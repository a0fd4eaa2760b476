"""Rules of Amazon EFS.

Sources: EFS API Reference, CreateFileSystem and PutLifecycleConfiguration; EFS User Guide,
"Performance specifications" and "EFS storage classes".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from settings.efs import Age
from settings.faults import NOT_SET, Fault, Path
from settings.rules.names import kms_key_faults
from settings.stack import Settings

EFS: Path = ("storage", "efs")
MODE: Path = (*EFS, "throughputMode")
TO_IA: Path = (*EFS, "transitionToIa")
TO_ARCHIVE: Path = (*EFS, "transitionToArchive")


def performance_mode(settings: Settings) -> Iterator[Fault]:
    """Elastic throughput is of generalPurpose only."""
    efs = settings.storage.efs
    if efs.performance_mode == "maxIO" and efs.throughput_mode == "elastic":
        rule = "maxIO is not offered with elastic throughput"
        remedy = "set generalPurpose, or throughputMode bursting or provisioned"
        yield Fault((*EFS, "performanceMode"), rule, efs.performance_mode, remedy, (MODE,))


def provisioned_throughput(settings: Settings) -> Iterator[Fault]:
    """A rate goes with throughput mode provisioned, and with no other."""
    efs = settings.storage.efs
    path: Path = (*EFS, "provisionedThroughputMibps")
    rate = efs.provisioned_throughput_mibps
    if efs.throughput_mode == "provisioned" and rate is None:
        rule = "throughputMode provisioned needs its rate"
        yield Fault(path, rule, NOT_SET, "set it in MiB/s, or throughputMode elastic", (MODE,))
    if efs.throughput_mode != "provisioned" and rate is not None:
        rule = f"has no meaning with throughputMode {efs.throughput_mode}"
        yield Fault(path, rule, rate, "remove it, or set throughputMode provisioned", (MODE,))


def archive(settings: Settings) -> Iterator[Fault]:
    """Archive is for elastic file systems, after Infrequent Access."""
    efs = settings.storage.efs
    if efs.transition_to_archive is None:
        return
    if efs.throughput_mode != "elastic":
        rule = "the Archive class is for throughputMode elastic only"
        yield Fault(TO_ARCHIVE, rule, efs.transition_to_archive, "remove it", (MODE,))
    ages = get_args(Age)
    soonest = -1 if efs.transition_to_ia is None else ages.index(efs.transition_to_ia)
    if ages.index(efs.transition_to_archive) <= soonest:
        rule = "must be later than transitionToIa"
        remedy = "set a longer time, or a shorter one for transitionToIa"
        yield Fault(TO_ARCHIVE, rule, efs.transition_to_archive, remedy, (TO_IA,))


def kms_key(settings: Settings) -> Iterator[Fault]:
    """One's own key is given by its ARN."""
    yield from kms_key_faults((*EFS, "kmsKeyArn"), settings.storage.efs.kms_key_arn)


RULES = (performance_mode, provisioned_throughput, archive, kms_key)
