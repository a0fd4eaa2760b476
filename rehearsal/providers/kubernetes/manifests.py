"""Pure functions on Kubernetes manifests, as Pulumi's engine hands them over."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

from rehearsal.providers.edge import contains_unknowns
from rehearsal.providers.kubernetes.quantities import same_quantity

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
    """The value at a path, or None where the path ends early."""
    for key in path:
        if not isinstance(manifest, dict):
            return None
        manifest = manifest.get(key)
    return manifest


def name_of(manifest: Manifest) -> str:
    """`metadata.name`, or the empty string."""
    name = field(manifest, "metadata", "name")
    return name if isinstance(name, str) else ""


def namespace_of(manifest: Manifest) -> str:
    """`metadata.namespace`, or the empty string."""
    namespace = field(manifest, "metadata", "namespace")
    return namespace if isinstance(namespace, str) else ""


def annotation(manifest: Manifest, key: str) -> str:
    """The value of an annotation, or the empty string."""
    value = field(manifest, "metadata", "annotations", key)
    return value if isinstance(value, str) else ""


def annotate(manifest: Manifest, key: str, value: str) -> None:
    """Sets an annotation in place, unless the annotations are not known yet."""
    metadata = manifest.setdefault("metadata", {})
    if isinstance(metadata, dict) and isinstance(metadata.setdefault("annotations", {}), dict):
        metadata["annotations"][key] = value


def object_id(manifest: Manifest) -> str:
    """The Pulumi id of an object: `namespace/name`, or `name` for a cluster-wide one."""
    namespace = namespace_of(manifest)
    return f"{namespace}/{name_of(manifest)}" if namespace else name_of(manifest)


def parse_id(id_: str) -> tuple[str, str]:
    """Namespace (empty if none) and name of a Pulumi id."""
    namespace, _, name = id_.rpartition("/")
    return namespace, name


def mapped(value: Any, key: Callable[[str], str]) -> Any:
    """A deep copy with every key renamed and absent values dropped."""
    if isinstance(value, dict):
        return {key(k): mapped(v, key) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [mapped(inner, key) for inner in value]
    return value


def from_pulumi(properties: Manifest) -> Manifest:
    """The manifest behind properties: no `__` keys of Pulumi's, `x-kubernetes-` with its dashes."""
    own = {key: value for key, value in properties.items() if not key.startswith("__")}
    manifest: Manifest = mapped(own, _dashed)
    return manifest


def to_pulumi(manifest: Manifest) -> Manifest:
    """The properties that stand for a manifest: SDKs have no dashes in names."""
    properties: Manifest = mapped(manifest, _underscored)
    return properties


def _dashed(key: str) -> str:
    return key.replace("_", "-") if key.startswith("x_kubernetes_") else key


def _underscored(key: str) -> str:
    return key.replace("-", "_") if key.startswith("x-kubernetes-") else key


def normalized(manifest: Manifest) -> Manifest:
    """A copy in the form in which the API server stores it, so that the same compares equal."""
    result = copy.deepcopy(manifest)
    metadata = result.get("metadata")
    if isinstance(metadata, dict):
        for key in READ_ONLY_METADATA:
            metadata.pop(key, None)
    if result.get("kind") == "Secret" and isinstance(result.get("stringData"), dict):
        _encode_string_data(result)
    if result.get("kind") == "CustomResourceDefinition":
        result.pop("status", None)
    return result


def _encode_string_data(secret: Manifest) -> None:
    if contains_unknowns(secret["stringData"]):
        return
    data = secret.setdefault("data", {})
    for key, text in secret.pop("stringData").items():
        data[key] = base64.b64encode(str(text).encode()).decode()


def pruned(live: Any, inputs: Any) -> Any:
    """What is live, of what the inputs speak of.

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
