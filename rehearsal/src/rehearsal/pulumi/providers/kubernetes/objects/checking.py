"""Completion of an object's inputs: its kind, name and namespace."""

from __future__ import annotations

from rehearsal.pulumi.providers.kubernetes import manifests
from rehearsal.pulumi.providers.kubernetes.call import Call
from rehearsal.pulumi.providers.kubernetes.cluster import kind_of
from rehearsal.pulumi.providers.kubernetes.discovery import NotServed
from rehearsal.pulumi.providers.kubernetes.manifests import Manifest, field, name_of
from rehearsal.pulumi.providers.kubernetes.objects.scopes import assumed_namespaced
from rehearsal.pulumi.providers.kubernetes.tokens import is_patch, kind_of_token
from rehearsal.pulumi.providers.server import Checked, ProviderError, autoname, contains_unknowns

MANAGED_BY = "app.kubernetes.io/managed-by"


def check(call: Call, olds: Manifest, news: Manifest, seed: bytes) -> Checked:
    """Complete inputs: kind, name and namespace.

    Raises:
        ProviderError: pulumi-kubernetes refuses the inputs.
    """
    kind = kind_of_token(call.type_)
    inputs: Manifest = {"apiVersion": kind.api_version, "kind": kind.kind}
    inputs |= manifests.from_pulumi(news)
    _check_patch(call, inputs)
    if isinstance(inputs.setdefault("metadata", {}), dict):
        _name(call, inputs, manifests.from_pulumi(olds), seed)
        if not call.server_side and (not olds or field(olds, "metadata", "labels", MANAGED_BY)):
            _label(inputs)
        if namespaced(call, inputs) and not inputs["metadata"].get("namespace"):
            inputs["metadata"]["namespace"] = call.connection.default_namespace
    if not contains_unknowns(inputs):
        inputs = manifests.normalized(inputs)
    return Checked(manifests.with_secrets(manifests.to_pulumi(inputs)))


def namespaced(call: Call, inputs: Manifest) -> bool:
    """Return True if an object is namespaced, as the server says or as far as is known."""
    if call.connection.reachable:
        try:
            return call.cluster.resource(inputs).namespaced
        except NotServed:
            pass
    return assumed_namespaced(kind_of(inputs))


def _check_patch(call: Call, inputs: Manifest) -> None:
    if is_patch(call.type_) and not call.server_side:
        raise ProviderError(
            "patch resources require Server-Side Apply mode, which is enabled using the "
            "`enableServerSideApply` Provider config"
        )
    if is_patch(call.type_) and not field(inputs, "metadata", "name"):
        raise ProviderError("patch resources require the `.metadata.name` field to be set")


def _name(call: Call, inputs: Manifest, olds: Manifest, seed: bytes) -> None:
    metadata = inputs["metadata"]
    if metadata.get("name"):
        return
    if metadata.get("generateName"):
        if call.server_side:
            raise ProviderError(
                "the `.metadata.generateName` field is not supported in Server-Side Apply mode"
            )
        return
    kept = name_of(olds) if manifests.annotation(olds, manifests.AUTONAMED) == "true" else ""
    metadata["name"] = kept or autoname(call.urn, seed)
    manifests.annotate(inputs, manifests.AUTONAMED, "true")


def _label(inputs: Manifest) -> None:
    labels = inputs["metadata"].setdefault("labels", {})
    if isinstance(labels, dict):
        labels.setdefault(MANAGED_BY, "pulumi")
