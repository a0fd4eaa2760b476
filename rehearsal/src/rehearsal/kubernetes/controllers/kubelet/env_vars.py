"""Environment variables of a container, made as a kubelet makes them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rehearsal.kubernetes.controllers.kube import Key, Kube, Object

_REFERENCE = re.compile(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")


class ConfigError(LookupError):
    """A ConfigMap, Secret, key or field that a variable refers to does not exist."""


def variables(kube: Kube, pod: Object, container: Object) -> dict[str, str]:
    """Return the environment variables that a container's spec sets.

    Raises:
        ConfigError: A reference that is not optional is missing.
    """
    found = dict(_imported(kube, pod, container))
    for entry in container.get("env", []):
        value = _value(kube, pod, entry)
        if value is not None:
            found[entry["name"]] = expand(value, found)
    return found


def expand(text: str, known: Mapping[str, str]) -> str:
    """Replace $(NAME) by its value and $$ by one dollar sign; leave unknown names as they are."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return known.get(match[1], match[0])

    return _REFERENCE.sub(value, text)


def _imported(kube: Kube, pod: Object, container: Object) -> Iterator[tuple[str, str]]:
    for source in container.get("envFrom", []):
        prefix = source.get("prefix", "")
        for kind, reference in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if reference in source:
                for name, value in _data(kube, pod, kind, source[reference]).items():
                    yield prefix + name, value


def _value(kube: Kube, pod: Object, entry: Object) -> str | None:
    source = entry.get("valueFrom")
    if not source:
        return str(entry.get("value", ""))
    if "fieldRef" in source:
        return field(pod, source["fieldRef"]["fieldPath"])
    for kind, reference in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if reference in source:
            wanted = source[reference]
            data = _data(kube, pod, kind, wanted)
            if wanted["key"] not in data and not wanted.get("optional"):
                raise ConfigError(f"couldn't find key {wanted['key']} in {kind} {wanted['name']}")
            return data.get(wanted["key"])
    raise ConfigError(f"variable {entry['name']}: {', '.join(source)} is not known here")


def _data(kube: Kube, pod: Object, kind: str, reference: Object) -> dict[str, str]:
    found = kube.get(Key(kind, pod["metadata"]["namespace"], reference["name"]))
    if found is None:
        if reference.get("optional"):
            return {}
        raise ConfigError(f'{kind.lower()} "{reference["name"]}" not found')
    return decoded(kind, found)


def decoded(kind: str, source: Object) -> dict[str, str]:
    """Return the data of a ConfigMap or Secret as text."""
    data: dict[str, str] = source.get("data") or {}
    if kind == "Secret":
        return {name: base64.b64decode(value).decode() for name, value in data.items()}
    return data


def field(pod: Object, path: str) -> str:
    """Return the value of a pod's field, given its path.

    Raises:
        ConfigError: The field is not one that a variable may refer to.
    """
    if found := re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path):
        return str(pod["metadata"].get(found[1], {}).get(found[2], ""))
    if path not in _FIELDS:
        raise ConfigError(f"field {path} is not one of {', '.join(sorted(_FIELDS))}")
    return str(_FIELDS[path](pod) or "")


_FIELDS: dict[str, Callable[[Object], Any]] = {
    "metadata.name": lambda pod: pod["metadata"]["name"],
    "metadata.namespace": lambda pod: pod["metadata"]["namespace"],
    "metadata.uid": lambda pod: pod["metadata"]["uid"],
    "spec.nodeName": lambda pod: pod["spec"].get("nodeName"),
    "spec.serviceAccountName": lambda pod: pod["spec"].get("serviceAccountName"),
    "status.hostIP": lambda pod: pod["status"].get("hostIP"),
    "status.podIP": lambda pod: pod["status"].get("podIP"),
}
