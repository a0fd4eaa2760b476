"""Replace moto's services with those of this package, before the first request."""

from __future__ import annotations

import os
from functools import cache

from moto.core import responses
from moto.core.utils import method_names_from_class

from rehearsal.aws import (
    backends,
    ec2,
    efs,
    eks,
    elb,
    fsx,
    iam,
    kms,
    logs,
    s3,
    s3_events,
    s3files,
    sagemaker,
    sqs,
    sts,
    validation,
)
from rehearsal.paths import ACCOUNT_ID

SERVICES = (
    *(ec2, efs, eks, elb, fsx, iam, kms, logs, s3, s3_events, s3files, sagemaker, sqs, sts),
    validation,
)


@cache
def install() -> None:
    """Extend moto, once in a process."""
    # With this, moto does not search the IAM of every partition for every access key.
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
    # moto searches all methods of the response's class for each call, which takes 3 ms for EC2.
    vars(responses)["method_names_from_class"] = cache(method_names_from_class)
    for service in (backends, *SERVICES):
        service.install()
