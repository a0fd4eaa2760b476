"""Write the values.schema.json of each replacement chart, from its values.yaml.

`python -m rehearsal.charts.schema` writes them. Every key of the real chart is in values.yaml or in
ALSO; any other key is refused. Types that Kubernetes defines (resources, affinity, probes) are not
described, because the API server checks them.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from rehearsal.charts import CHARTS, HERE

OPEN = frozenset(
    {
        "affinity",
        "containerSecurityContext",
        "featureGates",
        "livenessProbe",
        "nodeSelector",
        "resources",
        "seLinuxOptions",
        "securityContext",
        "socketDirVolume",
    }
)
CHOICES = {
    "deletionPolicy": ["delete", "retain"],
    "fsGroupPolicy": ["ReadWriteOnceWithFSType", "File", "None"],
    "installScope": ["cluster", "namespace"],
    "pullPolicy": ["IfNotPresent", "Always", "Never"],
}
# Keys that a real chart's templates read although its values.yaml does not name them.
ALSO: dict[str, dict[str, Any]] = {
    "aws-fsx-csi-driver": {
        "image": {"containerRegistry": ""},
        "node": {"region": "", "terminationGracePeriodSeconds": 0},
    },
    "aws-efs-csi-driver": {
        "node": {
            "efsCloudWatchLogEnabled": False,
            "forceUnmountAfterTimeout": False,
            "maxInflightMountCalls": 0,
            "maxInflightMountCallsOptIn": False,
            "s3filesCloudWatchLogEnabled": False,
            "s3filesCloudWatchMetricsEnabled": False,
            "unmountTimeout": "",
            "volumeAttachLimit": 0,
            "volumeAttachLimitOptIn": False,
        }
    },
    "aws-mountpoint-s3-csi-driver": {
        "isEKSAddon": False,
        "image": {"containerRegistry": ""},
        "controller": {
            "affinity": {},
            "nodeSelector": {},
            "resources": {},
            "seLinuxOptions": {},
            "serviceAccount": {"annotations": {}},
            "tolerations": [],
        },
        "node": {
            "serviceAccount": {"annotations": {}, "automountServiceAccountToken": False},
            "volumes": [],
        },
    },
    "sagemaker-chart": {},
}

Schema = dict[str, Any]


def schema(chart: str) -> Schema:
    """Return the schema of a chart's values."""
    values = yaml.safe_load((HERE / chart / "values.yaml").read_text())
    draft = {"$schema": "https://json-schema.org/draft-07/schema#", "title": chart}
    return draft | _of("", _joined(values, ALSO[chart]))


def text(chart: str) -> str:
    """Return the text of a chart's values.schema.json."""
    return json.dumps(schema(chart), indent=2) + "\n"


def main() -> None:
    """Write the schema of every chart."""
    for chart in CHARTS:
        (HERE / chart / "values.schema.json").write_text(text(chart))


def _of(key: str, default: Any) -> Schema:
    if key in CHOICES:
        return {"enum": CHOICES[key]}
    if isinstance(default, dict):
        if not default or key in OPEN:
            return {"type": "object"}
        properties = {name: _of(name, value) for name, value in default.items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}
    return {"type": _type(default)}


def _type(default: Any) -> str | list[str]:
    if isinstance(default, bool):
        return "boolean"
    if isinstance(default, int):
        return "integer"
    if isinstance(default, list):
        return "array"
    return ["string", "null"] if default is None else "string"


def _joined(values: dict[str, Any], also: dict[str, Any]) -> dict[str, Any]:
    joined = dict(values)
    for key, value in also.items():
        joined[key] = _joined(values.get(key, {}), value) if isinstance(value, dict) else value
    return joined


if __name__ == "__main__":
    main()
