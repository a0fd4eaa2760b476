"""Reads the stack config and checks it, before anything is created."""

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
from components.spec.errors import NOT_SET, ConfigError
from components.spec.parsing import parse, sound
from settings.account import Account, AccountUnknownError, Questions, ask
from settings.credentials import broken as broken_credentials
from settings.credentials import credentials
from settings.deployed import Deployed, State, deployed, read_state
from settings.in_use import Ask as AskCluster
from settings.in_use import ClusterUnknownError
from settings.in_use import ask as ask_cluster
from settings.placement import settle
from settings.report import SettingsError, config_key
from settings.rules import advice, broken, broken_in, claims
from settings.rules.network import REGION
from settings.stack import Settings, StackConfig

Ask = Callable[[Questions], Account]


def load(
    workloads_image: str | None = None,
    ask_account: Ask = ask,
    ask_state: Callable[[], State] = read_state,
) -> Settings:
    """The settings of the stack that runs.

    Args:
        workloads_image: What our pods run unless the config names an image: an image of the
            account's registry, as REPOSITORY:TAG.
        ask_account: Where facts about the account come from.
        ask_state: Where the stack's own state comes from.

    Raises:
        SettingsError: The config has errors; all of them are in it.
        StateUnknownError: The state cannot be read.
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
        ask_account,
        workloads_image=workloads_image,
        deployed=deployed(ask_state()),
    )
    settings = settings.model_copy(
        update={
            "credentials": credentials(config),
            "secret_overrides": is_config_secret(f"{project}:overrides"),
        }
    )
    errors = [*broken_credentials(config), *errors]
    if errors:
        secrets = {key for key in config if is_config_secret(key)} | {*get_config_secret_keys_env()}
        raise SettingsError(errors, project=project, stack=stack, secret_keys=secrets)
    for one in advice(settings):
        pulumi.log.warn(f"{config_key(project, one.path)} {one.rule}; {one.remedy}")
    return settings


def check(  # noqa: PLR0913 (where, what, and how to find out the rest)
    project: str,
    stack: str,
    region: str,
    raw: dict[str, Any],
    ask_account: Ask,
    *,
    workloads_image: str | None = None,
    deployed: Deployed = Deployed(),  # noqa: B008 (frozen)
    ask_cluster: AskCluster = ask_cluster,
) -> tuple[Settings, list[ConfigError]]:
    """Settings of a raw config, and every error in it.

    With errors, the settings are the user's but for what they are about.
    """
    parsed = parse(StackConfig, raw)
    settings = settle(
        Settings.model_construct(
            **dict(parsed.spec), project=project, stack=stack, region=region, deployed=deployed
        )
    )
    found = [
        *broken(settings),
        *_in_account(settings, ask_account, workloads_image),
        *_in_cluster(settings, ask_cluster),
    ]
    return settings, in_order([*parsed.errors, *sound(parsed, found)])


def sections(project: str, config: dict[str, str]) -> dict[str, Any]:
    """The project's part of the config; Pulumi hands over objects and lists as JSON."""
    own = f"{project}:"
    return {
        key.removeprefix(own): _value(text) for key, text in config.items() if key.startswith(own)
    }


def in_order(errors: list[ConfigError]) -> list[ConfigError]:
    """Faults by section, in the order of the models; those of no section come first."""
    order = [field.alias for field in Settings.model_fields.values()]
    return sorted(
        errors, key=lambda error: order.index(error.path[0]) if error.path[0] in order else -1
    )


def _value(text: str) -> Any:
    """A config value: JSON if it is an object or a list, else text."""
    if text[:1] not in {"{", "["}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _in_cluster(settings: Settings, ask_cluster: AskCluster) -> list[ConfigError]:
    """The errors that only the running cluster can show: users of claims that go."""
    leaving = claims.leaving(settings)
    if not leaving:
        return []
    try:
        return list(claims.used(settings, ask_cluster(settings.deployed, leaving)))
    except ClusterUnknownError as error:
        pulumi.log.warn(
            "claims on the shared storage are deleted by this update, and the cluster does not "
            f"tell who uses them: {error}. Pods that mount one would block the update; look with "
            "`kubectl get pods,persistentvolumeclaims --all-namespaces`."
        )
        return []


def _in_account(
    settings: Settings, ask_account: Ask, workloads_image: str | None
) -> list[ConfigError]:
    """The errors that only the account can show, or the one that it does not answer."""
    if not REGION.fullmatch(settings.region):
        return []
    groups = settings.node_groups.values()
    types = {one for group in groups for one in group.instance_types if NAME.fullmatch(one)}
    stores = {one for group in groups if group.instance_store for one in group.instance_types}
    needed = settings.runs_workloads and settings.workloads.image is None
    try:
        account = ask_account(
            Questions(
                types,
                types & stores,
                workloads_image if needed else None,
                settings.cluster_name,
                {entry.principal_arn for entry in settings.cluster.access_entries.values()},
            )
        )
    except AccountUnknownError as error:
        rule = "AWS must say which zones and instance types the account has here"
        remedy = f"check credentials and Region with `aws sts get-caller-identity`: {error}"
        return [ConfigError(("aws:region",), rule, settings.region or NOT_SET, remedy)]
    return list(broken_in(settings, account))
