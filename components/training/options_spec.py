"""Further options of a SageMaker training job, and what SageMaker asks of them.

Sources: SageMaker API Reference, CreateTrainingJob (Environment, EnableNetworkIsolation,
EnableInterContainerTrafficEncryption), ResourceConfig (VolumeKmsKeyId, KeepAlivePeriodInSeconds),
RetryStrategy and StoppingCondition; Developer Guide, "SageMaker AI Managed Warm Pools".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.names import kms_key_errors
from components.spec.errors import ConfigError
from components.spec.model import Spec

VARIABLE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
MAX_VARIABLES, MAX_VARIABLE_LENGTH = 100, 512
KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


class TrainingOptionsSpec(Spec):
    """Options of a training job beside its algorithm, instances and limits."""

    environment: dict[str, str] = Field(default_factory=dict, examples=[{"LOG_LEVEL": "info"}])
    """Environment variables of the container, by name. They are not secret. A change trains
    again."""

    network_isolation: bool = Field(default=False, examples=[True])
    """Leave the container without a network, except between the instances of the job; false by
    default. SageMaker itself still brings the data and takes the model."""

    encrypt_traffic: bool = Field(default=False, examples=[True])
    """Encrypt what the instances of a job send each other; false by default. Training may take
    longer."""

    volume_kms_key_arn: str | None = Field(default=None, examples=[KEY])
    """ARN of the KMS key that encrypts the instances' volumes; AWS's own key by default."""

    output_kms_key_arn: str | None = Field(default=None, examples=[KEY])
    """ARN of the KMS key that encrypts the model in S3; the bucket's encryption by default."""

    keep_alive_seconds: Annotated[int, Field(ge=0, le=21_600)] = Field(default=0, examples=[600])
    """Seconds for which the instances stay for a next job of the same kind, at most 6 hours. They
    cost as much as while they train; 0 by default. The account needs a quota for warm pools."""

    max_retries: Annotated[int, Field(ge=1, le=30)] | None = Field(default=None, examples=[3])
    """Times that SageMaker starts a job again after an internal error of its own. By default it
    does not."""

    max_pending_seconds: Annotated[int, Field(ge=1800, le=2_419_200)] | None = Field(
        default=None, examples=[7200]
    )
    """Longest wait for capacity, in seconds, at least 30 minutes. SageMaker then stops the job. It
    has an effect only on accelerated instances, such as ml.p, ml.g and ml.trn."""


def option_errors(spec: TrainingOptionsSpec) -> Iterator[ConfigError]:
    """Yield the broken rules of the options by themselves.

    Args:
        spec: Settings of a job.
    """
    if len(spec.environment) > MAX_VARIABLES:
        rule = f"a training job has at most {MAX_VARIABLES} variables"
        yield ConfigError(("environment",), rule, len(spec.environment), "put some into one")
    for name, value in spec.environment.items():
        if not VARIABLE.fullmatch(name) or len(name) > MAX_VARIABLE_LENGTH:
            rule = "must be a variable: letters, digits and _, and no digit at the beginning"
            yield ConfigError(("environment", name), rule, name, "rename it")
        elif len(value) > MAX_VARIABLE_LENGTH:
            rule = f"a value has at most {MAX_VARIABLE_LENGTH} characters"
            remedy = "put it into a file of a channel"
            yield ConfigError(("environment", name), rule, len(value), remedy)
    yield from kms_key_errors(("volumeKmsKeyArn",), spec.volume_kms_key_arn)
    yield from kms_key_errors(("outputKmsKeyArn",), spec.output_kms_key_arn)
