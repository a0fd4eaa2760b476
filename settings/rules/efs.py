"""Rules of Amazon EFS.

Sources: EFS API Reference, CreateFileSystem and CreateAccessPoint; EFS User Guide,
"Performance specifications" and "EFS storage classes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from components.names import kms_key_errors, kms_region_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from settings.efs import Age
from settings.stack import Settings

EFS: Path = ("storage", "efs")
MODE: Path = (*EFS, "throughputMode")
TO_IA: Path = (*EFS, "transitionToIa")
TO_ARCHIVE: Path = (*EFS, "transitionToArchive")

ACCESS_POINT_PATH = re.compile(r"(/(?!\.)[^/$#<>;`|&?{}^*\n]+){1,4}")
LONGEST_PATH = 100
OCTAL_MODE = re.compile(r"[0-7]{3,4}")
PERMISSIONS: Path = (*EFS, "accessPoint", "permissions")
OWNER_ALL = 0o700
OTHERS_READ = 0o005


def performance_mode(settings: Settings) -> Iterator[ConfigError]:
    """Elastic throughput is of generalPurpose only."""
    efs = settings.storage.efs
    if efs.performance_mode == "maxIO" and efs.throughput_mode == "elastic":
        rule = "maxIO is not offered with elastic throughput"
        remedy = "set generalPurpose, or throughputMode bursting or provisioned"
        yield ConfigError((*EFS, "performanceMode"), rule, efs.performance_mode, remedy, (MODE,))


def provisioned_throughput(settings: Settings) -> Iterator[ConfigError]:
    """A rate goes with throughput mode provisioned, and with no other."""
    efs = settings.storage.efs
    path: Path = (*EFS, "provisionedThroughputMibps")
    rate = efs.provisioned_throughput_mibps
    if efs.throughput_mode == "provisioned" and rate is None:
        rule = "throughputMode provisioned needs its rate"
        yield ConfigError(
            path, rule, NOT_SET, "set it in MiB/s, or throughputMode elastic", (MODE,)
        )
    if efs.throughput_mode != "provisioned" and rate is not None:
        rule = f"has no meaning with throughputMode {efs.throughput_mode}"
        yield ConfigError(path, rule, rate, "remove it, or set throughputMode provisioned", (MODE,))


def archive(settings: Settings) -> Iterator[ConfigError]:
    """Archive is for elastic file systems, after Infrequent Access."""
    efs = settings.storage.efs
    if efs.transition_to_archive is None:
        return
    if efs.throughput_mode != "elastic":
        rule = "the Archive class is for throughputMode elastic only"
        yield ConfigError(TO_ARCHIVE, rule, efs.transition_to_archive, "remove it", (MODE,))
    ages = get_args(Age)
    soonest = -1 if efs.transition_to_ia is None else ages.index(efs.transition_to_ia)
    if ages.index(efs.transition_to_archive) <= soonest:
        rule = "must be later than transitionToIa"
        remedy = "set a longer time, or a shorter one for transitionToIa"
        yield ConfigError(TO_ARCHIVE, rule, efs.transition_to_archive, remedy, (TO_IA,))


def kms_key(settings: Settings) -> Iterator[ConfigError]:
    """One's own key is given by its ARN."""
    path, arn = (*EFS, "kmsKeyArn"), settings.storage.efs.kms_key_arn
    yield from kms_key_errors(path, arn)
    yield from kms_region_errors(path, arn, settings.region)


def access_point_path(settings: Settings) -> Iterator[ConfigError]:
    """An access point's directory is a path of at most four levels and a hundred characters."""
    value = settings.storage.efs.access_point.path
    if not ACCESS_POINT_PATH.fullmatch(value) or len(value) > LONGEST_PATH:
        rule = (
            f"must be an absolute path of 1 to 4 directories, none of which begins with a dot, and "
            f"at most {LONGEST_PATH} characters"
        )
        yield ConfigError((*EFS, "accessPoint", "path"), rule, value, "set for instance /shared")


def access_point_permissions(settings: Settings) -> Iterator[ConfigError]:
    """A mode is three or four octal digits."""
    value = settings.storage.efs.access_point.permissions
    if not OCTAL_MODE.fullmatch(value):
        rule = "must be a POSIX mode: three or four octal digits"
        yield ConfigError(PERMISSIONS, rule, value, 'set for instance "0775"')
    elif int(value, 8) & OTHERS_READ != OTHERS_READ and settings.training.jobs:
        # A SageMaker job mounts EFS without an access point, as nobody in particular.
        rule = "SageMaker reads the datasets as any other user: others must read and enter"
        yield ConfigError(PERMISSIONS, rule, value, _fitting(settings), (("training", "jobs"),))


def access_point_owner(settings: Settings) -> Iterator[ConfigError]:
    """Pods write as the access point's user, which must be let in by its own directory."""
    value = settings.storage.efs.access_point.permissions
    if OCTAL_MODE.fullmatch(value) and int(value, 8) & OWNER_ALL != OWNER_ALL:
        rule = "pods act as the directory's owner, who must read, write and enter it"
        yield ConfigError(PERMISSIONS, rule, value, _fitting(settings))


def _fitting(settings: Settings) -> str:
    """The remedy for a mode that keeps somebody out: the same, and all let in who must be."""
    value = int(settings.storage.efs.access_point.permissions, 8) | OWNER_ALL
    return f'set "{value | (OTHERS_READ if settings.training.jobs else 0):04o}"'


RULES = (
    performance_mode,
    provisioned_throughput,
    archive,
    kms_key,
    access_point_path,
    access_point_permissions,
    access_point_owner,
)
