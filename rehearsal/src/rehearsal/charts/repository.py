"""Stand-in charts as Helm downloads charts: from a chart repository, or from an OCI registry.

Everything here is a pure function of the charts' folders: a path of a request leads to an answer.

Sources: Helm, "The Chart Repository Guide"; OCI Distribution Specification 1.1, "Pull"; Helm,
"Use OCI-based registries" (media types).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rehearsal.charts import CHARTS, HERE

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_PACKAGE = "application/gzip"


@dataclass(frozen=True)
class Answer:
    """Body of a response, and its media type."""

    body: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """Digest of the body, as registries write it."""
        return f"sha256:{hashlib.sha256(self.body).hexdigest()}"


def answer(path: str) -> Answer | None:
    """Return the answer to a GET of a path, on whatever host, or None if there is nothing."""
    path = path.partition("?")[0]
    if path.startswith("/v2/"):
        return _registry(path)
    file = path.rpartition("/")[2]
    if file == "index.yaml":
        return Answer(yaml.safe_dump(_index()).encode(), "application/yaml")
    names = {_file(name): name for name in CHARTS}
    return Answer(package(names[file]), _PACKAGE) if file in names else None


@cache
def metadata(name: str) -> dict[str, Any]:
    """Return the description of a stand-in: its Chart.yaml."""
    return dict(yaml.safe_load((HERE / name / "Chart.yaml").read_text()))


@cache
def package(name: str) -> bytes:
    """Return a stand-in as `helm package` writes it; the same bytes each time."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for file in sorted(one for one in (HERE / name).rglob("*") if one.is_file()):
            entry = tarfile.TarInfo(str(Path(name) / file.relative_to(HERE / name)))
            entry.size = file.stat().st_size
            archive.addfile(entry, io.BytesIO(file.read_bytes()))
    return gzip.compress(plain.getvalue(), mtime=0)


def _file(name: str) -> str:
    return f"{name}-{metadata(name)['version']}.tgz"


def _index() -> dict[str, Any]:
    entries = {
        name: [metadata(name) | {"urls": [_file(name)], "digest": _hex_digest(name)}]
        for name in CHARTS
    }
    return {"apiVersion": "v1", "entries": entries}


def _hex_digest(name: str) -> str:
    return hashlib.sha256(package(name)).hexdigest()


def _registry(path: str) -> Answer | None:
    """Return the answer of a registry in which each stand-in is a repository's only tag."""
    repository, _, reference = path.removeprefix("/v2/").rpartition("/")
    repository, _, kind = repository.rpartition("/")
    name = repository.rpartition("/")[2]
    if name not in CHARTS:
        return None
    version = str(metadata(name)["version"])
    if (kind, reference) == ("tags", "list"):
        tags = {"name": repository, "tags": [version]}
        return Answer(json.dumps(tags).encode(), "application/json")
    config = Answer(json.dumps(metadata(name)).encode(), _CONFIG)
    content = Answer(package(name), _CONTENT)
    manifest = Answer(json.dumps(_manifest(config, content)).encode(), _MANIFEST)
    known = {one.digest: one for one in (config, content, manifest)} | {version: manifest}
    return known.get(reference) if kind in ("manifests", "blobs") else None


def _manifest(config: Answer, content: Answer) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _descriptor(config),
        "layers": [_descriptor(content)],
    }


def _descriptor(part: Answer) -> dict[str, Any]:
    return {"mediaType": part.media_type, "digest": part.digest, "size": len(part.body)}
