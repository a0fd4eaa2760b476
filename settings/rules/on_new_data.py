"""Rules of training on new data.

Sources: S3 User Guide, "Amazon S3 Event Notifications" (a bucket has one configuration); FSx for
Lustre User Guide, "Automatically import updates from your S3 bucket" (it is kept in there).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from settings.faults import Fault, Path
from settings.rules.link import BACKEND, DATA_BUCKET, IMPORT, LINK, locate
from settings.rules.training import JOBS
from settings.stack import Settings

ON_NEW_DATA: Path = ("training", "onNewData")
INCOMING: Path = (*ON_NEW_DATA, "incoming")
AUTO_IMPORT: Path = (*LINK, "autoImportPolicy")

PREFIX = re.compile(r"([A-Za-z0-9!_.*'()-]+/)+")
OURS = ("datasets/", "models/", "checkpoints/", "code/")
"""Prefixes that the program itself, or what it starts, writes to."""


def job(settings: Settings) -> Iterator[Fault]:
    """The new job is like one that is there."""
    wanted, jobs = settings.training.on_new_data, settings.training.jobs
    if wanted is not None and wanted.job not in jobs:
        remedy = f"choose from {', '.join(jobs)}" if jobs else "add it to training.jobs"
        path: Path = (*ON_NEW_DATA, "job")
        yield Fault(path, "must be one of training.jobs", wanted.job, remedy, (JOBS,))


def incoming(settings: Settings) -> Iterator[Fault]:
    """What comes in has a prefix to itself: what training writes there would start training."""
    wanted = settings.training.on_new_data
    if wanted is None or wanted.incoming is None:
        return
    value = wanted.incoming
    if not PREFIX.fullmatch(value):
        rule = "must be a prefix of the data bucket with a slash at its end, and none before it"
        yield Fault(INCOMING, rule, value, f"write for instance incoming/{wanted.job}/")
    elif value.startswith(OURS):
        rule = f"must be outside {', '.join(OURS)}, where the stack itself writes"
        yield Fault(INCOMING, rule, value, f"write for instance incoming/{wanted.job}/")


def batch_times(settings: Settings) -> Iterator[Fault]:
    """A batch cannot end before it may be quiet."""
    wanted = settings.training.on_new_data
    if wanted is not None and wanted.longest_seconds < wanted.quiet_seconds:
        rule = "must be at least quietSeconds"
        path, quiet = (*ON_NEW_DATA, "longestSeconds"), (*ON_NEW_DATA, "quietSeconds")
        yield Fault(path, rule, wanted.longest_seconds, f"set {wanted.quiet_seconds}", (quiet,))


def one_notification_configuration(settings: Settings) -> Iterator[Fault]:
    """FSx's automatic import is in the configuration that the queue would replace."""
    link, wanted = settings.storage.fsx.link, settings.training.on_new_data
    if wanted is None or settings.storage.backend != "fsx" or link is None:
        return
    source = locate(link.import_path, settings.bucket.existing or settings.bucket.name)
    if source is None or source.bucket != DATA_BUCKET or link.auto_import_policy == "NONE":
        return
    yield Fault(
        ON_NEW_DATA,
        "a bucket has one notification configuration, and the link's automatic import keeps its "
        "own there: the queue of onNewData would replace it",
        wanted.model_dump(by_alias=True, include=wanted.model_fields_set),
        "set storage.fsx.link.autoImportPolicy to NONE, or onNewData to null",
        (BACKEND, AUTO_IMPORT, IMPORT),
    )


def adopted_bucket(settings: Settings) -> Iterator[Fault]:
    """What an adopted bucket notifies of is its owner's to give up."""
    wanted, existing = settings.training.on_new_data, settings.bucket.existing
    if wanted is not None and existing is not None and not wanted.replace_notifications:
        rule = (
            "an adopted bucket is left as it is, and onNewData replaces its notification "
            "configuration, of which S3 has one a bucket"
        )
        remedy = "set true if nobody else is notified by it, or onNewData to null"
        path, rests_on = (*ON_NEW_DATA, "replaceNotifications"), (("bucket", "existing"),)
        yield Fault(path, rule, False, remedy, rests_on)


RULES = (job, incoming, batch_times, one_notification_configuration, adopted_bucket)
