"""Base of EFS's API calls."""

from __future__ import annotations

from typing import cast
from uuid import NAMESPACE_DNS, uuid5

from moto.efs.models import efs_backends
from moto.efs.responses import EFSResponse

from rehearsal.aws import keys
from rehearsal.aws.efs.backend import EFS
from rehearsal.aws.service import Refusal, Service


class EFSCalls(Service, EFSResponse):
    """API calls of EFS, and what they share."""

    NAME = "efs"
    INVALID_PARAMETER = "BadRequest"

    @property
    def efs(self) -> EFS:
        """EFS of the account in the Region of the call."""
        return cast(EFS, self.efs_backend)

    def efs_in(self, region: str) -> EFS:
        """Return EFS of the account in a Region."""
        return cast(EFS, efs_backends[self.current_account][region])

    def key(self, named: str | None, region: str) -> str:
        """Return the ARN of the key that encrypts; an alias is resolved once.

        The words are those of https://github.com/aws/aws-cdk/issues/7641; that the code is
        BadRequest, which EFS has for every wrong parameter, is believed.
        """
        managed = self._aws_managed_key(region)
        if named in {None, managed}:
            return managed
        try:
            return keys.resolve(self.current_account, region, str(named))
        except keys.KeyNotFoundError as error:
            raise Refusal(
                "BadRequest",
                f"The request was rejected because the specified key could not be found: {error}",
            ) from error

    def _aws_managed_key(self, region: str) -> str:
        """Return the ARN of the Region's key aws/elasticfilesystem."""
        key = uuid5(NAMESPACE_DNS, f"aws/elasticfilesystem.{region}")
        return f"arn:{self.partition}:kms:{region}:{self.current_account}:key/{key}"
