"""API calls of S3 Files for access points, and for tags."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from rehearsal.aws import tags
from rehearsal.aws.s3files.calls import S3FilesCalls
from rehearsal.aws.s3files.models import (
    MOST_ACCESS_POINTS,
    AccessPoint,
    Described,
    conflict,
    new_id,
    refusal,
)
from rehearsal.aws.service import Lifecycle


class AccessPointCalls(S3FilesCalls):
    """CreateAccessPoint and the other calls for access points, and those for tags."""

    def create_access_point(self) -> ActionResult:
        """Create an access point; a repeated token finds the first one."""
        found: AccessPoint = self.s3files.tokens.once(
            self.given,
            "clientToken",
            self._create_access_point,
            lambda: conflict("The client token was used before with other parameters."),
        )
        return ActionResult(found.as_created())

    def _create_access_point(self) -> AccessPoint:
        given = self.given
        system = self.available(given["fileSystemId"])
        if len(self.s3files.points_of(system.id)) >= MOST_ACCESS_POINTS:
            raise refusal(
                "ServiceQuotaExceededException",
                f"The file system {system.id} has {MOST_ACCESS_POINTS} access points, the most.",
            )
        id_ = new_id("fsap")
        description: dict[str, Any] = {
            "accessPointArn": self.s3files.arn(f"file-system/{system.id}/access-point/{id_}"),
            "accessPointId": id_,
            "clientToken": given.get("clientToken", id_),
            "fileSystemId": system.id,
            "ownerId": self.current_account,
            "rootDirectory": {"path": "/"} | given.get("rootDirectory", {}),
            "tags": given.get("tags", []),
            "name": tags.name(given.get("tags")),
        }
        if "posixUser" in given:
            description["posixUser"] = given["posixUser"]
        made = AccessPoint(description, Lifecycle("creating", "available"))
        self.s3files.access_points[id_] = made
        return made

    def get_access_point(self) -> ActionResult:
        """Describe an access point."""
        return ActionResult(self.s3files.access_point(self.given["accessPointId"]).describe())

    def list_access_points(self) -> ActionResult:
        """List the access points of a file system."""
        system = self.s3files.file_system(self.given["fileSystemId"])
        return self.page(
            "accessPoints", [one.describe() for one in self.s3files.points_of(system.id)]
        )

    def delete_access_point(self) -> ActionResult:
        """Delete an access point; the files in its directory stay."""
        found = self.s3files.access_point(self.given["accessPointId"])
        del self.s3files.access_points[found.description["accessPointId"]]
        self.s3files.tokens.forget(found)
        return EmptyResult()

    def tag_resource(self) -> ActionResult:
        """Add tags to a resource; a tag replaces one with the same key."""
        added = {tag["key"]: tag for tag in self.given["tags"]}
        description = self._tagged().description
        kept = [tag for tag in description["tags"] if tag["key"] not in added]
        description["tags"] = kept + list(added.values())
        description["name"] = added.get("Name", {}).get("value", description["name"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        """Remove tags from a resource."""
        description, keys = self._tagged().description, self.given["tagKeys"]
        description["tags"] = [tag for tag in description["tags"] if tag["key"] not in keys]
        description["name"] = "" if "Name" in keys else description["name"]
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        """List the tags of a resource."""
        return self.page("tags", self._tagged().description["tags"])

    def _tagged(self) -> Described:
        named = self.given["resourceId"].rpartition("/")[2]
        if named.startswith("fsap-"):
            return self.s3files.access_point(named)
        return self.s3files.file_system(named)
