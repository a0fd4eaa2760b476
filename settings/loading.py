"""Read the stack config and check it, before anything is created."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi.runtime.config import (
    CONFIG,
    get_config_env,
    get_config_secret_keys_env,
    is_config_secret,
)

from components.instance_type import NAME
from components.kubeconfig import Credentials
from components.prefix_listing import PrefixListing
from components.spec.errors import NOT_SET, ConfigError
from components.spec.parsing import parse, unaffected
from components.storage.efs_replication_spec import FILE_SYSTEM_ID
from settings.account import Account, AccountQuery, AccountReadError, read_account
from settings.adopted_storage import ReadStorage, read_storage, storage_query, with_found_storage
from settings.adoption import naming_its_network, query_of, with_existing
from settings.blockers import ClusterReadError, FindBlockers, find_blockers
from settings.credentials import credential_errors, credentials
from settings.data import queries
from settings.deployed import Deployed, State, deployed_parts, read_state
from settings.deployed_zones import with_deployed_zones
from settings.existing import ReadExisting, read_existing
from settings.prefixes import ReadPrefixes, read_prefixes
from settings.report import SettingsError, config_key
from settings.rules import account_errors, claims, prefixes, settings_errors, warnings
from settings.rules.network import REGION
from settings.stack import Settings, StackConfig

ReadAccount = Callable[[AccountQuery], Account]


def load(
    workloads_image: str | None = None,
    read_account: ReadAccount = read_account,
    read_state: Callable[[], State] = read_state,
    read_prefixes: ReadPrefixes = read_prefixes,
) -> Settings:
    """Return the settings of the running stack.

    Args:
        workloads_image: Image in the account's registry, as REPOSITORY:TAG, that the stack's pods
            run unless the config names another one.
        read_account: Function that returns the facts about the account.
        read_state: Function that returns the stack's own state.
        read_prefixes: Function that returns the content of prefixes in S3.

    Raises:
        SettingsError: The config has errors; all of them are in it.
        StateReadError: The state cannot be read.
    """
    project, stack = pulumi.get_project(), pulumi.get_stack()
    config = {**get_config_env(), **CONFIG.get()}
    region = config.get("aws:region", "")
    raw = sections(project, config)
    settings, errors = check(
        project,
        stack,
        region,
        raw,
        read_account,
        workloads_image=workloads_image,
        deployed=deployed_parts(read_state()),
        read_prefixes=read_prefixes,
        credentials=credentials(config),
    )
    settings = settings.model_copy(
        update={
            "secret_overrides": is_config_secret(f"{project}:overrides"),
        }
    )
    errors = [*credential_errors(config), *errors]
    if errors:
        secrets = {key for key in config if is_config_secret(key)} | {*get_config_secret_keys_env()}
        raise SettingsError(errors, project=project, stack=stack, secret_keys=secrets)
    for one in warnings(settings):
        pulumi.log.warn(f"{config_key(project, one.path)} {one.rule}; {one.remedy}")
    return settings


def check(  # noqa: PLR0913 (a config, and the functions that read the facts)
    project: str,
    stack: str,
    region: str,
    raw: dict[str, Any],
    read_account: ReadAccount | None,
    *,
    workloads_image: str | None = None,
    deployed: Deployed = Deployed(),  # noqa: B008 (frozen)
    find_blockers: FindBlockers = find_blockers,
    read_existing: ReadExisting = read_existing,
    read_prefixes: ReadPrefixes | None = None,
    credentials: Credentials = Credentials(),  # noqa: B008 (frozen)
    read_storage: ReadStorage = read_storage,
) -> tuple[Settings, list[ConfigError]]:
    """Return the settings of a raw config, and every error in it.

    Without `read_account` and `read_prefixes`, the rules that depend on the account and on the
    content of S3 are left out. A value that does not fit its field has its default in the settings.
    """
    parsed = parse(StackConfig, raw)
    settings = naming_its_network(
        Settings.model_construct(
            **dict(parsed.spec),
            project=project,
            stack=stack,
            region=region,
            deployed=deployed,
            credentials=credentials,
        )
    )
    unread: list[ConfigError] = []
    query = query_of(settings)
    if query and read_account is not None and REGION.fullmatch(region):
        try:
            settings = with_existing(settings, read_existing(query))
        except AccountReadError as error:
            unread, read_account = [_unread(settings, error)], None
    wanted = storage_query(settings)
    if wanted is not None and read_account is not None and REGION.fullmatch(region):
        settings = with_found_storage(settings, read_storage(wanted))
    settings = with_deployed_zones(settings)
    settings, prefix_errors = _with_prefixes(settings, read_prefixes)
    found = [
        *settings_errors(settings),
        *unread,
        *prefix_errors,
        *_account_errors(settings, read_account, workloads_image),
        *_claim_errors(settings, find_blockers),
    ]
    return settings, in_order([*parsed.errors, *unaffected(parsed, found)])


def sections(project: str, config: dict[str, str]) -> dict[str, Any]:
    """Return the project's part of the config; Pulumi passes objects and lists as JSON."""
    own = f"{project}:"
    return {
        key.removeprefix(own): _value(text) for key, text in config.items() if key.startswith(own)
    }


def in_order(errors: list[ConfigError]) -> list[ConfigError]:
    """Sort errors by section, in the order of the models; those of no section come first."""
    order = [field.alias for field in Settings.model_fields.values()]
    return sorted(
        errors, key=lambda error: order.index(error.path[0]) if error.path[0] in order else -1
    )


def _value(text: str) -> Any:
    if text[:1] not in {"{", "["}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _with_prefixes(
    settings: Settings, read: ReadPrefixes | None
) -> tuple[Settings, list[ConfigError]]:
    """Return the settings with the content of each prefix in S3, and the errors of the prefixes."""
    asked = queries(settings.datasets, settings.models)
    if read is None or not asked or not REGION.fullmatch(settings.region):
        return settings, []
    found = read(asked, settings.region, settings.credentials)
    listings = {path: one for path, one in found.items() if isinstance(one, PrefixListing)}
    settings = settings.model_copy(update={"listings": listings})
    return settings, list(prefixes.errors(settings, found))


def _claim_errors(settings: Settings, find_blockers: FindBlockers) -> list[ConfigError]:
    deletions = claims.deletions(settings)
    if not deletions:
        return []
    try:
        return list(claims.blocked(settings, find_blockers(settings.deployed, deletions)))
    except ClusterReadError as error:
        pulumi.log.warn(
            "claims on the shared storage are deleted by this update, and the cluster does not "
            f"tell who uses them: {error}. Pods that mount one would block the update; look with "
            "`kubectl get pods,persistentvolumeclaims --all-namespaces`."
        )
        return []


def _existing_efs(settings: Settings) -> str | None:
    """Return the id of the file system to look up; None if it has none that could be one."""
    efs = settings.storage.used_efs
    named = efs.existing if efs else None
    return named if named and FILE_SYSTEM_ID.fullmatch(named) else None


def _account_errors(
    settings: Settings, read_account: ReadAccount | None, workloads_image: str | None
) -> list[ConfigError]:
    """Return the errors that depend on the account, or one that the account cannot be read."""
    if read_account is None or not REGION.fullmatch(settings.region):
        return []
    groups = settings.node_groups.values()
    types = {one for group in groups for one in group.instance_types if NAME.fullmatch(one)}
    stores = {one for group in groups if group.instance_store for one in group.instance_types}
    needed = settings.runs_workloads and settings.workloads.image is None
    try:
        account = read_account(
            AccountQuery(
                types,
                types & stores,
                workloads_image if needed else None,
                settings.cluster_name,
                {entry.principal_arn for entry in settings.cluster.access_entries.values()},
                {"Project": settings.project, "Stack": settings.stack},
                _existing_efs(settings),
            )
        )
    except AccountReadError as error:
        return [_unread(settings, error)]
    return list(account_errors(settings, account))


def _unread(settings: Settings, error: AccountReadError) -> ConfigError:
    rule = "AWS must say which zones and instance types the account has here"
    remedy = f"check credentials and Region with `aws sts get-caller-identity`: {error}"
    return ConfigError(("aws:region",), rule, settings.region or NOT_SET, remedy)
