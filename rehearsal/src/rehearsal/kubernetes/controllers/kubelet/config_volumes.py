"""Config volumes, filled from the API: ConfigMaps, Secrets, fields of the pod, tokens.

They are written when the pod starts, and again while it runs, as a kubelet keeps them up to date.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from rehearsal.kubernetes.controllers.kube import Key, KubeError, Object
from rehearsal.kubernetes.controllers.kubelet import env_vars
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources

KINDS = ("configMap", "secret", "downwardAPI", "projected")
REFRESH_SECONDS = 60.0
TOKEN_SECONDS = 3600
_RENEWED_AT = 0.8  # of a token's life, as the kubelet does
_DATA = {"configMap": "ConfigMap", "secret": "Secret"}


def write(place: VolumeSources, pod: Object, volume: Object) -> Path:
    """Write the files of a volume from the API's present content, and return its directory.

    Raises:
        MountError: A source of the volume is missing or not supported.
    """
    folder = place.volume(volume["name"])
    folder.mkdir(parents=True, exist_ok=True)
    for source in _sources(volume):
        if "serviceAccountToken" in source:
            _write_token(place, pod, source["serviceAccountToken"], folder)
        else:
            for path, text in _texts(place, pod, source):
                _replace(folder / path, text)
    return folder


def refresh(place: VolumeSources, pod: Object) -> bool:
    """Update the config volumes of a running pod; return True if it has any.

    Content that has been deleted from the API meanwhile stays, as it does on a node.
    """
    found = [
        volume for volume in pod["spec"].get("volumes", []) if any(kind in volume for kind in KINDS)
    ]
    for volume in found:
        try:
            write(place, pod, volume)
        except MountError:
            continue
    return bool(found)


def _sources(volume: Object) -> list[Object]:
    if "projected" in volume:
        sources: list[Object] = volume["projected"]["sources"]
        return sources
    kind = next(kind for kind in KINDS if kind in volume)
    return [{kind: volume[kind]}]


def _texts(place: VolumeSources, pod: Object, source: Object) -> Iterator[tuple[str, str]]:
    """Yield the path and text of each file of a source."""
    if "downwardAPI" in source:
        for item in source["downwardAPI"].get("items", []):
            yield item["path"], _field(pod, item)
        return
    kind = next((kind for kind in _DATA if kind in source), "")
    if not kind:
        raise MountError(f"a projected volume of {', '.join(source)} is not known in a rehearsal")
    wanted = source[kind]
    name = wanted.get("name") or wanted.get("secretName")
    data = _data(place, pod, _DATA[kind], name, optional=wanted.get("optional", False))
    items = wanted.get("items") or [{"key": key, "path": key} for key in data]
    for item in items:
        if item["key"] in data:
            yield item["path"], data[item["key"]]
        elif not wanted.get("optional"):
            raise MountError(f"{kind.lower()} references non-existent key: {item['key']}")


def _field(pod: Object, item: Object) -> str:
    try:
        return env_vars.field(pod, item.get("fieldRef", {}).get("fieldPath", ""))
    except env_vars.ConfigError as error:
        raise MountError(str(error)) from error


def _data(
    place: VolumeSources, pod: Object, kind: str, name: str, *, optional: bool
) -> dict[str, str]:
    found = place.kube.get(Key(kind, pod["metadata"]["namespace"], name))
    if found is None and not optional:
        raise MountError(f'{kind.lower()} "{name}" not found')
    return env_vars.decoded(kind, found or {})


def _write_token(place: VolumeSources, pod: Object, wanted: Object, folder: Path) -> None:
    """Write a token of the pod's service account, unless the present one is fresh enough."""
    file = folder / wanted["path"]
    seconds = wanted.get("expirationSeconds", TOKEN_SECONDS)
    if file.exists() and time.time() - file.stat().st_mtime < _RENEWED_AT * seconds:
        return
    metadata = pod["metadata"]
    account = pod["spec"].get("serviceAccountName") or "default"
    bound = {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": metadata["name"],
        "uid": metadata["uid"],
    }
    spec: Object = {"expirationSeconds": seconds, "boundObjectRef": bound, "audiences": []}
    if wanted.get("audience"):
        spec["audiences"] = [wanted["audience"]]
    try:
        token = place.kube.token(Key("ServiceAccount", metadata["namespace"], account), spec)
    except KubeError as error:
        raise MountError(f"failed to fetch token: {error}") from error
    _replace(file, token)


def _replace(file: Path, text: str) -> None:
    """Write a file atomically, unless it has this text already."""
    if file.exists() and file.read_text() == text:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)
