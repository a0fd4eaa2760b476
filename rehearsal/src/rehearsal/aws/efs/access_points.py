"""API calls of EFS about access points."""

from __future__ import annotations

import json
from typing import Any

from moto.efs.models import AccessPoint

from rehearsal.aws.efs.calls import EFSCalls
from rehearsal.aws.service import Refusal

MOST_ACCESS_POINTS = 10_000
"""Access points of one file system. Source: EFS User Guide, "Resource quotas"."""


class AccessPointCalls(EFSCalls):
    """Calls that create and describe access points."""

    def create_access_point(self) -> Any:
        """Create an access point; a client token that is in use is an error."""
        system = self.efs.file_system(self.given["FileSystemId"]).file_system_id
        for other in self.efs.access_points.values():
            if other.client_token == self.given["ClientToken"]:
                raise self._access_point_exists(other)
        others = [one for one in self.efs.access_points.values() if one.file_system_id == system]
        if len(others) >= MOST_ACCESS_POINTS:
            raise Refusal(
                "AccessPointLimitExceeded",
                f"The file system {system} has {MOST_ACCESS_POINTS} access points, the maximum.",
            )
        body, headers = super().create_access_point()
        return json.dumps(json.loads(body) | {"LifeCycleState": "creating"}), headers

    def describe_access_points(self) -> Any:
        """Describe access points, all or those of an existing file system."""
        if "FileSystemId" in self.given:
            self.efs.file_system(self.given["FileSystemId"])
        return super().describe_access_points()

    def _access_point_exists(self, other: AccessPoint) -> Refusal:
        return Refusal(
            "AccessPointAlreadyExists",
            f"Access point '{other.access_point_id}' already exists with this client token.",
            AccessPointId=other.access_point_id,
        )
