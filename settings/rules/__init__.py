"""The rules of AWS and Kubernetes that a stack config can break.

What may live here: small pure functions, one per rule, gathered in each module's RULES. A rule
reads the settings (and, in `zones` and in each IN_ACCOUNT, facts about the account) and yields a
error for each place that breaks it; it raises nothing and asks nobody. `in_place` also reads what
the last update deployed, which the settings carry, and `claims` what the running cluster tells. The
one exception is `bucket.dataset_files` and `datasets`, which look at the files to upload.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import ConfigError
from settings.account import Account
from settings.rules import (
    bucket,
    cluster,
    datasets,
    efs,
    fsx,
    in_place,
    link,
    network,
    node_groups,
    overrides,
    patterns,
    stack,
    storage,
    training,
    workloads,
    zones,
)
from settings.stack import Settings

PURE = (
    stack,
    network,
    node_groups,
    bucket,
    datasets,
    storage,
    fsx,
    link,
    efs,
    workloads,
    training,
    overrides,
    patterns,
)


def broken(settings: Settings) -> Iterator[ConfigError]:
    """What breaks a rule, whatever the account."""
    yield from settings.problems()
    for module in (*PURE, in_place):
        for rule in module.RULES:
            yield from rule(settings)
    for rule in overrides.IN_PLACE:
        yield from rule(settings)


def advice(settings: Settings) -> Iterator[ConfigError]:
    """Find what AWS takes, and what is probably not meant."""
    for rule in (*network.WARNINGS, *training.WARNINGS, *in_place.WARNINGS):
        yield from rule(settings)


def broken_in(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """What breaks a rule in this account and Region."""
    for rule in (*zones.RULES, *cluster.IN_ACCOUNT, *workloads.IN_ACCOUNT):
        yield from rule(settings, account)
