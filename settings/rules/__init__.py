"""The rules of AWS and Kubernetes that a stack config can break.

What may live here: small pure functions, one per rule, gathered in each module's RULES. A rule
reads the settings (and, in `zones` and some of `workloads`, facts about the account) and yields a
fault for each place that breaks it; it raises nothing and asks nobody. The one exception is
`bucket.dataset_files`, which looks whether the files to upload are there.
"""

from __future__ import annotations

from collections.abc import Iterator

from settings.account import Account
from settings.faults import Fault
from settings.rules import (
    bucket,
    cluster,
    drivers,
    efs,
    fsx,
    link,
    network,
    node_groups,
    on_new_data,
    patterns,
    storage,
    training,
    workloads,
    zones,
)
from settings.stack import Settings

PURE = (
    network,
    cluster,
    node_groups,
    bucket,
    storage,
    fsx,
    link,
    efs,
    drivers,
    workloads,
    training,
    on_new_data,
    patterns,
)


def broken(settings: Settings) -> Iterator[Fault]:
    """What breaks a rule, whatever the account."""
    for module in PURE:
        for rule in module.RULES:
            yield from rule(settings)


def broken_in(settings: Settings, account: Account) -> Iterator[Fault]:
    """What breaks a rule in this account and Region."""
    for rule in (*zones.RULES, *workloads.IN_ACCOUNT):
        yield from rule(settings, account)
