"""SageMaker's field names as ACK spells them: lowerCamelCase, with initialisms in capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from botocore.model import Shape, StructureShape

_WORD = re.compile(r"[A-Z]+[0-9]*(?![a-z0-9])|[A-Z][a-z0-9]*")
_INITIALISMS = {"Arn": "ARN", "Id": "ID", "Ids": "IDs", "Kms": "KMS", "Uri": "URI"}

# Members of botocore's CreateTrainingJob that ACK's 1.9.1 does not have yet.
NOT_IN_ACK = frozenset(
    {
        "AlgorithmSpecification.ContainerArguments",
        "AlgorithmSpecification.ContainerEntrypoint",
        "AlgorithmSpecification.TrainingImageConfig",
        "ExperimentConfig.RunName",
        "InputDataConfig.DataSource.DatasetSource",
        "MlflowConfig",
        "ModelPackageConfig",
        "ProfilerConfig.DisableProfiler",
        "ResourceConfig.InstancePreferences",
        "ResourceConfig.SelectedInstanceCount",
        "ResourceConfig.SelectedInstanceType",
        "ResourceConfig.TrainingPlanArn",
        "ServerlessJobConfig",
        "SessionChainingConfig",
    }
)


def ack_name(member: str) -> str:
    """Return ACK's spelling of an AWS member: volumeKMSKeyID for VolumeKmsKeyId."""
    words: list[str] = _WORD.findall(member)
    first, *rest = words
    return first.lower() + "".join(_INITIALISMS.get(word, word) for word in rest)


def members(shape: StructureShape, path: str = "") -> Iterator[tuple[str, str, Shape]]:
    """Yield each member of a structure that ACK has, as AWS name, ACK name and shape.

    `path` is the path of the structure in the request, without list indexes.
    """
    for member, inner in shape.members.items():
        if join(path, member) not in NOT_IN_ACK:
            yield member, ack_name(member), inner


def join(path: str, member: str) -> str:
    """Return the path of a member of the structure at `path`."""
    return f"{path}.{member}" if path else member
