"""Configuration of the provider, as `kubernetes.Provider` accepts it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from rehearsal.pulumi.providers.server import UNKNOWN, Failure

# The SDK sets these from the environment too, but only on explicit providers.
_ENVIRONMENT = {
    "kubeconfig": "KUBECONFIG",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
}
# Settings that only affect speed, or warnings that this server does not give.
_WITHOUT_EFFECT = {
    "clusterIdentifier",
    "kubeClientSettings",
    "strictMode",
    "suppressDeprecationWarnings",
    "suppressHelmHookWarnings",
    "version",
}
_KNOWN = {*_ENVIRONMENT, "context", "cluster", "namespace", "helmReleaseSettings"}


@dataclass(frozen=True)
class Configuration:
    """Configuration of one provider instance; `kubeconfig` is None while it is not known."""

    kubeconfig: Any = None
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    server_side_apply: bool = True
    patch_force: bool = False
    config_map_mutable: bool = False
    secret_mutable: bool = False
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    upsert: bool = False

    @classmethod
    def of(cls, inputs: dict[str, Any]) -> Configuration:
        """Return the configuration made of a provider's inputs and the environment variables."""
        environment = {
            key: os.environ[name] for key, name in _ENVIRONMENT.items() if name in os.environ
        }
        given = environment | {key: value for key, value in inputs.items() if value is not None}
        kubeconfig = given.get("kubeconfig")
        return cls(
            kubeconfig=None if kubeconfig is UNKNOWN else kubeconfig,
            context=_text(given.get("context")),
            cluster=_text(given.get("cluster")),
            namespace=_text(given.get("namespace")),
            server_side_apply=_flag(given.get("enableServerSideApply", True)),
            patch_force=_flag(given.get("enablePatchForce")),
            config_map_mutable=_flag(given.get("enableConfigMapMutable")),
            secret_mutable=_flag(given.get("enableSecretMutable")),
            delete_unreachable=_flag(given.get("deleteUnreachable")),
            skip_update_unreachable=_flag(given.get("skipUpdateUnreachable")),
            upsert=_flag(given.get("upsertExistingObjects")),
        )


def refusals(inputs: dict[str, Any]) -> list[Failure]:
    """Return an error for each input that this server cannot honour."""
    unknown = [key for key in inputs if key not in _KNOWN | _WITHOUT_EFFECT]
    not_emulated = ("renderYamlToDirectory", "alwaysRender")
    return [
        Failure(key, f"{key} is not emulated in the rehearsal; leave it out here")
        if key in not_emulated
        else Failure(key, f"{key} is no input of kubernetes.Provider")
        for key in unknown
        if inputs[key] not in (None, False, "false")
    ]


def _flag(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
