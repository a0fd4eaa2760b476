"""Inputs of a Release: completed, refused, and turned into helm's flags."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from rehearsal.paths import project
from rehearsal.pulumi.providers.server import UNKNOWN, Asset, Failure, ProviderError

DEFAULT_TIMEOUT = 300  # seconds

_SWITCHES = {
    "atomic": "--rollback-on-failure",
    "cleanupOnFail": "--cleanup-on-fail",
    "createNamespace": "--create-namespace",
    "dependencyUpdate": "--dependency-update",
    "disableOpenapiValidation": "--disable-openapi-validation",
    "forceUpdate": "--force-replace",
    "renderSubchartNotes": "--render-subchart-notes",
    "replace": "--replace",
    "resetValues": "--reset-values",
    "reuseValues": "--reuse-values",
    "skipCrds": "--skip-crds",
    "takeOwnership": "--take-ownership",
}
_INSTALL_ONLY = {"createNamespace", "replace"}
_UPGRADE_ONLY = {"cleanupOnFail", "resetValues", "reuseValues"}
_ACCEPTED = {
    *_SWITCHES, "allowNullValues", "chart", "compat", "description", "devel", "disableCRDHooks",
    "disableWebhooks", "keyring", "lint", "manifest", "maxHistory", "name", "namespace",
    "repositoryOpts", "resourceNames", "skipAwait", "timeout", "valueYamlFiles", "values",
    "verify", "version", "waitForJobs",
}  # fmt: skip
# Helm 4 has no such flag, or takes a plugin for it.
_NOT_EMULATED = {"postrender", "recreatePods"}
# Inputs that pulumi-kubernetes reads or ignores, and does not store.
_NOT_STORED = {"compat", "manifest", "resourceNames", "status", "valueYamlFiles"}
# pulumi-kubernetes stores every other input, with the empty value of its type where it is not set.
_SWITCHES_THAT_ARE_NO_FLAGS = {
    "allowNullValues", "devel", "disableCRDHooks", "disableWebhooks", "lint", "recreatePods",
    "skipAwait", "verify", "waitForJobs",
}  # fmt: skip
_EMPTY: dict[str, Any] = {
    **dict.fromkeys(sorted({*_SWITCHES, *_SWITCHES_THAT_ARE_NO_FLAGS} - {"takeOwnership"}), False),
    **dict.fromkeys(("description", "keyring", "postrender", "version"), ""),
    "timeout": 0,
}
_EMPTY_REPOSITORY = dict.fromkeys(
    ("caFile", "certFile", "keyFile", "password", "repo", "username"), ""
)


def refusals(inputs: dict[str, Any]) -> list[Failure]:
    """Return the errors about inputs that a Release does not have or a rehearsal cannot honour."""
    found = [
        Failure(key, f"{key} is not emulated in the rehearsal: Helm 4 no longer has it")
        for key in sorted(_NOT_EMULATED & inputs.keys())
        if inputs[key]
    ]
    unknown = sorted(inputs.keys() - _ACCEPTED - _NOT_EMULATED)
    found += [Failure(key, f"{key} is no input of a Release") for key in unknown]
    if not inputs.get("chart"):
        found.append(Failure("chart", "a Release needs a chart"))
    return found


def completed(inputs: dict[str, Any], name: str, namespace: str) -> dict[str, Any]:
    """Return the inputs as pulumi-kubernetes stores them.

    Every input that is not set has the empty value of its type, except for the name, the
    namespace and the timeout; the values files are merged into the values.
    """
    given = {
        key: value for key, value in inputs.items() if value is not None and key not in _NOT_STORED
    }
    release = _EMPTY | given
    release["name"] = release.get("name") or name
    release["namespace"] = release.get("namespace") or namespace
    if not release["skipAwait"] and "timeout" not in given:
        release["timeout"] = DEFAULT_TIMEOUT
    if release["verify"] is True and not release["keyring"]:
        release["keyring"] = os.path.expandvars("$HOME/.gnupg/pubring.gpg")
    if isinstance(release.get("repositoryOpts"), dict):
        release["repositoryOpts"] = _EMPTY_REPOSITORY | release["repositoryOpts"]
    values = _merged_files(inputs.get("valueYamlFiles") or [], release.get("values"))
    release["values"] = values if release["allowNullValues"] else _without_empty_ones(values)
    return release


def flags(release: dict[str, Any], *, upgrade: bool) -> list[str]:
    """Return the flags of `helm install` or `helm upgrade` for a release's inputs."""
    skipped = _INSTALL_ONLY if upgrade else _UPGRADE_ONLY
    switches = [flag for key, flag in _SWITCHES.items() if release.get(key) and key not in skipped]
    arguments = ["--namespace", str(release["namespace"]), *switches, *wait_flags(release)]
    if release.get("disableCRDHooks" if upgrade else "disableWebhooks"):
        arguments.append("--no-hooks")
    if upgrade:
        arguments += ["--history-max", str(release.get("maxHistory", 0))]
    if release.get("description"):
        arguments += ["--description", str(release["description"])]
    return arguments


def wait_flags(release: dict[str, Any]) -> list[str]:
    """Return the flags that set how long helm waits, and for what."""
    timeout = ["--timeout", f"{release.get('timeout') or DEFAULT_TIMEOUT}s"]
    if release.get("skipAwait"):
        return timeout
    return [*timeout, "--wait", *(["--wait-for-jobs"] if release.get("waitForJobs") else [])]


def merged(base: Any, over: Any) -> Any:
    """Merge two trees of values; the second one wins."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return base | {
        key: merged(base[key], value) if key in base else value for key, value in over.items()
    }


def _without_empty_ones(values: Any) -> Any:
    """Return values without nulls and empty lists, which pulumi-kubernetes does not pass on."""
    if isinstance(values, dict):
        return {
            key: _without_empty_ones(value)
            for key, value in values.items()
            if value is not None and value != []
        }
    if isinstance(values, list):
        return [_without_empty_ones(value) for value in values if value is not None]
    return values


def _merged_files(files: list[Any], values: Any) -> Any:
    if values is UNKNOWN or UNKNOWN in files:
        return UNKNOWN
    tree: dict[str, Any] = {}
    for file in files:
        tree = merged(tree, _read(file))
    return merged(tree, values or {})


def _read(file: Any) -> dict[str, Any]:
    if not isinstance(file, Asset) or (file.path is None and file.text is None):
        raise ProviderError("valueYamlFiles: each must be a FileAsset or a StringAsset")
    text = file.text if file.path is None else (project() / Path(file.path)).read_text()
    tree = yaml.safe_load(text or "") or {}
    if not isinstance(tree, dict):
        raise ProviderError(f"valueYamlFiles: {file.path or 'the text'} holds no YAML map")
    return tree
