"""Pure functions on Kubernetes manifests, as Pulumi's engine passes them."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

from rehearsal.pulumi.providers.kubernetes.empty_fields import without_empty_fields
from rehearsal.pulumi.providers.kubernetes.quantities import same_quantity
from rehearsal.pulumi.providers.server import Secret, contains_unknowns

Manifest = dict[str, Any]

AUTONAMED = "pulumi.com/autonamed"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

# Metadata that only the API server writes.
READ_ONLY_METADATA = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)


def field(manifest: Any, *path: str) -> Any:
    """Return the value at a path, or None if the path ends early."""
    for key in path:
        if not isinstance(manifest, dict):
            return None
        manifest = manifest.get(key)
    return manifest


def name_of(manifest: Manifest) -> str:
    """Return `metadata.name`, or the empty string."""
    name = field(manifest, "metadata", "name")
    return name if isinstance(name, str) else ""


def namespace_of(manifest: Manifest) -> str:
    """Return `metadata.namespace`, or the empty string."""
    namespace = field(manifest, "metadata", "namespace")
    return namespace if isinstance(namespace, str) else ""


def annotation(manifest: Manifest, key: str) -> str:
    """Return the value of an annotation, or the empty string."""
    value = field(manifest, "metadata", "annotations", key)
    return value if isinstance(value, str) else ""


def annotate(manifest: Manifest, key: str, value: str) -> None:
    """Set an annotation in place, unless the annotations are not known yet."""
    metadata = manifest.setdefault("metadata", {})
    if isinstance(metadata, dict) and isinstance(metadata.setdefault("annotations", {}), dict):
        metadata["annotations"][key] = value


def object_id(manifest: Manifest) -> str:
    """Return the Pulumi id of an object: `namespace/name`, or `name` for a cluster-wide one."""
    namespace = namespace_of(manifest)
    return f"{namespace}/{name_of(manifest)}" if namespace else name_of(manifest)


def parse_id(id_: str) -> tuple[str, str]:
    """Return the namespace (empty if none) and the name in a Pulumi id."""
    namespace, _, name = id_.rpartition("/")
    return namespace, name


def mapped(value: Any, key: Callable[[str], str]) -> Any:
    """Return a deep copy with every key renamed and absent values dropped."""
    if isinstance(value, dict):
        return {key(k): mapped(v, key) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [mapped(inner, key) for inner in value]
    return value


def from_pulumi(properties: Manifest) -> Manifest:
    """Return the manifest of properties: no `__` keys, and `x-kubernetes-` with dashes."""
    own = {key: value for key, value in properties.items() if not key.startswith("__")}
    manifest: Manifest = mapped(own, _dashed)
    return manifest


def to_pulumi(manifest: Manifest) -> Manifest:
    """Return the properties of a manifest, without the dashes that SDKs do not have in names."""
    properties: Manifest = mapped(manifest, _underscored)
    return properties


def with_secrets(properties: Manifest) -> Manifest:
    """Return properties in which the content of an object of kind Secret is marked as secret."""
    if properties.get("kind") != "Secret":
        return properties
    hidden = {key: Secret(properties[key]) for key in ("data", "stringData") if key in properties}
    return properties | hidden


def _dashed(key: str) -> str:
    return key.replace("_", "-") if key.startswith("x_kubernetes_") else key


def _underscored(key: str) -> str:
    return key.replace("-", "_") if key.startswith("x-kubernetes-") else key


def normalized(manifest: Manifest) -> Manifest:
    """Return a copy in the form that the API server stores, so that it can be compared."""
    result = copy.deepcopy(manifest)
    metadata = result.get("metadata")
    if isinstance(metadata, dict):
        for key in READ_ONLY_METADATA:
            metadata.pop(key, None)
    if result.get("kind") == "Secret" and isinstance(result.get("stringData"), dict):
        _encode_string_data(result)
    if result.get("kind") == "CustomResourceDefinition":
        result.pop("status", None)
    elif result.get("kind") != "Secret":
        result = without_empty_fields(result)
    return result


def _encode_string_data(secret: Manifest) -> None:
    if contains_unknowns(secret["stringData"]):
        return
    data = secret.setdefault("data", {})
    for key, text in secret.pop("stringData").items():
        data[key] = base64.b64encode(str(text).encode()).decode()


def pruned(live: Any, inputs: Any) -> Any:
    """Return the live values of the fields that the inputs have.

    Values written differently but meaning the same (`1000m` and `1`, an empty map that the server
    does not store) keep the inputs' form, so that they never show as a change.
    """
    if isinstance(live, dict) and isinstance(inputs, dict):
        kept = {key: pruned(live[key], value) for key, value in inputs.items() if key in live}
        return kept | {key: value for key, value in inputs.items() if key not in live and not value}
    if isinstance(live, list) and isinstance(inputs, list):
        paired = [pruned(one, two) for one, two in zip(live, inputs, strict=False)]
        return paired + live[len(inputs) :]
    return inputs if same_quantity(live, inputs) else live
