"""Type tokens of Pulumi and the Kubernetes kinds they stand for."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.pulumi.providers.server import ProviderError

HELM_RELEASE = "kubernetes:helm.sh/v3:Release"

# Components and overlays of pulumi-kubernetes that render other resources instead of being one.
NOT_EMULATED = {
    "kubernetes:yaml:ConfigFile": "kubernetes.core/v1, apps/v1, ... resources",
    "kubernetes:yaml:ConfigGroup": "kubernetes.core/v1, apps/v1, ... resources",
    "kubernetes:yaml/v2:ConfigFile": "kubernetes.core/v1, apps/v1, ... resources",
    "kubernetes:yaml/v2:ConfigGroup": "kubernetes.core/v1, apps/v1, ... resources",
    "kubernetes:kustomize:Directory": "kubernetes.core/v1, apps/v1, ... resources",
    "kubernetes:kustomize/v2:Directory": "kubernetes.core/v1, apps/v1, ... resources",
    "kubernetes:helm.sh/v2:Chart": HELM_RELEASE,
    "kubernetes:helm.sh/v3:Chart": HELM_RELEASE,
    "kubernetes:helm.sh/v4:Chart": HELM_RELEASE,
}


@dataclass(frozen=True)
class GroupVersionKind:
    """Kubernetes kind; `group` is empty for the core group."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """Value of `apiVersion` in a manifest of this kind, such as `v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.api_version}/{self.kind}"

    @classmethod
    def of(cls, api_version: str, kind: str) -> GroupVersionKind:
        """Return the kind that a manifest's `apiVersion` and `kind` name."""
        group, _, version = api_version.rpartition("/")
        return cls("" if group == "core" else group, version, kind)


def kind_of_token(token: str) -> GroupVersionKind:
    """Return the kind of a token such as `kubernetes:storage.k8s.io/v1:StorageClass`.

    Raises:
        ProviderError: The token is a component that the rehearsal does not emulate, a list kind
            (pulumi-kubernetes refuses those too), or a text of another format.
    """
    if token in NOT_EMULATED:
        raise ProviderError(
            f"{token} is not emulated in the rehearsal; use {NOT_EMULATED[token]} instead"
        )
    package, _, rest = token.partition(":")
    api_version, _, kind = rest.partition(":")
    if package != "kubernetes" or api_version.count("/") != 1 or not kind:
        raise ProviderError(f"{token} is no kubernetes:GROUP/VERSION:KIND type token")
    if kind.endswith("List"):
        raise ProviderError(
            f"{token}: list resources exist for YAML manifests and Helm charts and cannot be "
            f"created directly; use {kind.removesuffix('List')} for each of its items"
        )
    return GroupVersionKind.of(api_version, kind.removesuffix("Patch") if is_patch(token) else kind)


def is_patch(token: str) -> bool:
    """Return True for a resource that owns some fields of an object made by others."""
    return token.endswith("Patch") and token.startswith("kubernetes:")
