"""Rules of AWS and Kubernetes that concern several sections of a stack config.

This package contains small pure functions, one per rule, listed in each module's RULES. A rule
takes the settings (and, in `zones` and in each IN_ACCOUNT, the facts about the account) and yields
an error for each value that breaks it. It raises nothing and sends no request. `updates` also
reads the state of the last update, which the settings contain, and `claims` the objects found in
the running cluster. `datasets` is the exception: it reads the files to upload. Rules that concern
one spec alone are in that spec.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import ConfigError
from settings.account import Account
from settings.rules import (
    association_updates,
    associations,
    bench,
    bucket,
    classes,
    cluster,
    data_jobs,
    datasets,
    directory_claims,
    efs,
    existing_cluster,
    existing_efs,
    existing_network,
    fsx,
    fsx_existing,
    fsx_updates,
    link,
    mountpoint,
    network,
    node_groups,
    overrides,
    patterns,
    s3_files,
    scratch,
    stack,
    storage,
    training,
    updates,
    workloads,
    zones,
)
from settings.stack import Settings

PURE = (
    stack,
    network,
    existing_network,
    existing_cluster,
    node_groups,
    bucket,
    datasets,
    storage,
    scratch,
    mountpoint,
    directory_claims,
    classes,
    bench,
    fsx,
    link,
    associations,
    efs,
    data_jobs,
    s3_files,
    workloads,
    training,
    overrides,
    patterns,
)


def settings_errors(settings: Settings) -> Iterator[ConfigError]:
    """Yield the broken rules that do not depend on the account."""
    yield from settings.problems()
    for module in (*PURE, updates, fsx_updates, association_updates, fsx_existing):
        for rule in module.RULES:
            yield from rule(settings)
    for rule in overrides.OF_UPDATES:
        yield from rule(settings)


def warnings(settings: Settings) -> Iterator[ConfigError]:
    """Yield warnings about values that AWS accepts and that are probably mistakes."""
    found = (existing_network, existing_cluster)
    of_storages = (fsx, s3_files, directory_claims)
    advice = (*found, network, datasets, training, *of_storages, updates)
    for rule in (one for module in advice for one in module.WARNINGS):
        yield from rule(settings)


def account_errors(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Yield the broken rules that depend on the account and its Region."""
    for rule in (
        *zones.RULES,
        *cluster.IN_ACCOUNT,
        *workloads.IN_ACCOUNT,
        *existing_efs.IN_ACCOUNT,
    ):
        yield from rule(settings, account)
