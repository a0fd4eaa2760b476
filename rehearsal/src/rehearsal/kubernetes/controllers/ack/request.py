"""Conversion between a TrainingJob's spec and a CreateTrainingJob request, by botocore's model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from rehearsal.kubernetes.controllers.ack.names import join, members


class UnknownField(ValueError):  # noqa: N818 - the API server refuses it before we see it
    """A field that ACK's TrainingJob does not have."""


@cache
def create_training_job() -> StructureShape:
    """Return the shape of the CreateTrainingJob request."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model("CreateTrainingJob").input_shape
    if shape is None:  # pragma: no cover - every version of the call has had one
        raise TypeError("botocore's CreateTrainingJob takes no request")
    return shape


def to_request(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the CreateTrainingJob request of a spec.

    Raises:
        UnknownField: The spec has a key that ACK does not have there.
    """
    request: dict[str, Any] = _to_aws(spec, create_training_job(), "")
    return request


def to_spec(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec of a request, or of the same members of a DescribeTrainingJob answer."""
    spec: dict[str, Any] = _to_ack(request, create_training_job(), "")
    return spec


def faults(request: Mapping[str, Any]) -> list[str]:
    """Return botocore's validation errors for a request: missing members, types, lengths."""
    report = ParamValidator().validate(request, create_training_job())
    text = report.generate_report() if report.has_errors() else ""
    return [line for line in text.splitlines() if line]


def difference(desired: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    """Return the paths where a spec differs from the job.

    A member that the spec omits is no difference: SageMaker fills in its defaults.
    """
    return sorted(_differences(desired, actual, "Spec"))


def _differences(desired: Any, actual: Any, path: str) -> list[str]:
    if isinstance(desired, Mapping) and isinstance(actual, Mapping):
        return [
            found
            for key, value in desired.items()
            for found in _differences(value, actual.get(key), join(path, key))
        ]
    if isinstance(desired, list) and isinstance(actual, list) and len(desired) == len(actual):
        pairs = zip(desired, actual, strict=True)
        return [found for wanted, had in pairs for found in _differences(wanted, had, path)]
    return [] if desired == actual or not (desired or actual) else [path]


def _to_aws(value: Any, shape: Shape, path: str) -> Any:
    if isinstance(shape, StructureShape):
        known = {name: (member, inner) for member, name, inner in members(shape, path)}
        unknown = sorted(set(value) - set(known))
        if unknown:
            where = f"spec.{path}" if path else "spec"
            raise UnknownField(f"{where}: unknown field {unknown[0]}; known are {sorted(known)}")
        return {
            known[name][0]: _to_aws(inner, known[name][1], join(path, known[name][0]))
            for name, inner in value.items()
            if inner is not None
        }
    if isinstance(shape, ListShape):
        return [_to_aws(item, shape.member, path) for item in value]
    if isinstance(shape, MapShape):
        return {key: _to_aws(item, shape.value, path) for key, item in value.items()}
    return value


def _to_ack(value: Any, shape: Shape, path: str) -> Any:
    if isinstance(shape, StructureShape):
        return {
            name: _to_ack(value[member], inner, join(path, member))
            for member, name, inner in members(shape, path)
            if value.get(member) is not None
        }
    if isinstance(shape, ListShape):
        return [_to_ack(item, shape.member, path) for item in value]
    if isinstance(shape, MapShape):
        return {key: _to_ack(item, shape.value, path) for key, item in value.items()}
    return value
