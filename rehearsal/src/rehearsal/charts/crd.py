"""Write the TrainingJob CRD of ACK's chart, from botocore's model of CreateTrainingJob.

`python -m rehearsal.charts.crd` writes it into the chart. ACK generates its own CRD in the same
way: it has every member of the request in ACK's spelling, only the required members of the top
level are required, and integers are int64.
"""

from __future__ import annotations

from typing import Any

import yaml
from botocore.model import ListShape, MapShape, Shape, StructureShape

from rehearsal.charts import HERE
from rehearsal.kubernetes.controllers.ack.names import ack_name, join, members
from rehearsal.kubernetes.controllers.ack.request import create_training_job

FILE = HERE / "sagemaker-chart" / "crds" / "sagemaker.services.k8s.aws_trainingjobs.yaml"
GROUP = "sagemaker.services.k8s.aws"
COLUMNS = (("FAILURE-REASON", "failureReason"), ("SECONDARY-STATUS", "secondaryStatus"))

# ACK 1.9.1 requires these; newer models of the call do not, because of serverless jobs.
REQUIRED = frozenset({"algorithmSpecification", "resourceConfig", "stoppingCondition"})

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "format": "date-time"}
INTEGER: Schema = {"type": "integer", "format": "int64"}


def definition() -> Schema:
    """Return the whole CustomResourceDefinition."""
    columns = [_column(name, field) | {"priority": 1} for name, field in COLUMNS[:1]]
    columns += [_column(name, field) for name, field in COLUMNS[1:]]
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [*columns, _column("STATUS", "trainingJobStatus")],
        "schema": {"openAPIV3Schema": _object(_body())},
    }
    names = {"kind": "TrainingJob", "plural": "trainingjobs", "singular": "trainingjob"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"trainingjobs.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": names | {"listKind": "TrainingJobList"},
            "scope": "Namespaced",
            "versions": [version],
        },
    }


def spec() -> Schema:
    """Return the schema of a TrainingJob's spec."""
    shape = create_training_job()
    required = {ack_name(member) for member in shape.required_members} | REQUIRED
    return _schema(shape, "") | {"required": sorted(required)}


def status() -> Schema:
    """Return the schema of a TrainingJob's status, which the controller writes."""
    metadata = _object(dict.fromkeys(("arn", "ownerAccountID", "partition", "region"), TEXT))
    texts = dict.fromkeys(("message", "reason", "status", "type"), TEXT)
    condition = _object({"lastTransitionTime": TIME, **texts}, ["status", "type"])
    details = ("ruleConfigurationName", "ruleEvaluationJobARN", "ruleEvaluationStatus")
    rule = _object(
        {"lastModifiedTime": TIME, "statusDetails": TEXT, **dict.fromkeys(details, TEXT)}
    )
    pool = {
        "resourceRetainedBillableTimeInSeconds": INTEGER,
        "reusedByJob": TEXT,
        "status": TEXT,
    }
    states = ("failureReason", "profilingStatus", "secondaryStatus", "trainingJobStatus")
    return _object(
        {
            "ackResourceMetadata": metadata | {"required": ["ownerAccountID", "region"]},
            "conditions": {"type": "array", "items": condition},
            "creationTime": TIME,
            "lastModifiedTime": TIME,
            "debugRuleEvaluationStatuses": {"type": "array", "items": rule},
            "profilerRuleEvaluationStatuses": {"type": "array", "items": rule},
            "modelArtifacts": _object({"s3ModelArtifacts": TEXT}),
            "warmPoolStatus": _object(pool),
            **dict.fromkeys(states, TEXT),
        }
    )


def main() -> None:
    """Write the CRD into the chart."""
    FILE.write_text(text())


def text() -> str:
    """Return the text of the CRD's file."""
    head = "# Written by rehearsal/charts/crd.py; change that instead.\n"
    return head + yaml.dump(definition(), Dumper=_Plain, sort_keys=False)


def _body() -> dict[str, Schema]:
    return {
        "apiVersion": TEXT,
        "kind": TEXT,
        "metadata": {"type": "object"},
        "spec": spec(),
        "status": status(),
    }


def _schema(shape: Shape, path: str) -> Schema:
    if isinstance(shape, StructureShape):
        inner = members(shape, path)
        return _object({name: _schema(one, join(path, aws)) for aws, name, one in inner})
    if isinstance(shape, ListShape):
        return {"type": "array", "items": _schema(shape.member, path)}
    if isinstance(shape, MapShape):
        return {"type": "object", "additionalProperties": _schema(shape.value, path)}
    return {"integer": INTEGER, "long": INTEGER, "boolean": {"type": "boolean"}}.get(
        shape.type_name, TEXT
    )


def _object(properties: dict[str, Schema], required: list[str] | None = None) -> Schema:
    schema: Schema = {"type": "object", "properties": dict(sorted(properties.items()))}
    return schema | ({"required": required} if required else {})


def _column(name: str, field: str) -> Schema:
    return {"name": name, "type": "string", "jsonPath": f".status.{field}"}


class _Plain(yaml.SafeDumper):
    """YAML dumper without anchors, which not all Kubernetes tools support."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - yaml's own signature
        return True


if __name__ == "__main__":
    main()
