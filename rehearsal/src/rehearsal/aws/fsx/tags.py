"""API calls of FSx for tags."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult

from rehearsal.aws.fsx.models import FSxCalls


class TagCalls(FSxCalls):
    """TagResource and the other calls for tags."""

    def tag_resource(self) -> ActionResult:
        """Add tags to a resource; a tag replaces one with the same key."""
        added = {tag["Key"]: tag for tag in self.given["Tags"]}
        description = self.fsx.tagged(self.given["ResourceARN"]).description
        kept = [tag for tag in description["Tags"] if tag["Key"] not in added]
        description["Tags"] = kept + list(added.values())
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        """Remove tags from a resource."""
        description = self.fsx.tagged(self.given["ResourceARN"]).description
        description["Tags"] = [
            tag for tag in description["Tags"] if tag["Key"] not in self.given["TagKeys"]
        ]
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        """List the tags of a resource."""
        return self.page("Tags", self.fsx.tagged(self.given["ResourceARN"]).description["Tags"])
