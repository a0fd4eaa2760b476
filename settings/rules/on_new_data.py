"""Rules of training on new data."""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from settings.rules.training import JOBS
from settings.stack import Settings

ON_NEW_DATA: Path = ("training", "onNewData")


def job(settings: Settings) -> Iterator[ConfigError]:
    """The new job is like one that is there."""
    wanted, jobs = settings.training.on_new_data, settings.training.jobs
    if wanted is not None and wanted.job not in jobs:
        remedy = f"choose from {', '.join(jobs)}" if jobs else "add it to training.jobs"
        path: Path = (*ON_NEW_DATA, "job")
        yield ConfigError(path, "must be one of training.jobs", wanted.job, remedy, (JOBS,))


def batch_times(settings: Settings) -> Iterator[ConfigError]:
    """A batch cannot end before it may be quiet."""
    wanted = settings.training.on_new_data
    if wanted is not None and wanted.longest_seconds < wanted.quiet_seconds:
        rule = "must be at least quietSeconds"
        path, quiet = (*ON_NEW_DATA, "longestSeconds"), (*ON_NEW_DATA, "quietSeconds")
        yield ConfigError(
            path, rule, wanted.longest_seconds, f"set {wanted.quiet_seconds}", (quiet,)
        )


RULES = (job, batch_times)
