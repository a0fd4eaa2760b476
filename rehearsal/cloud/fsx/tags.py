"""The calls of FSx about tags."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult

from .models import FSxCalls


class TagCalls(FSxCalls):
    """TagResource and its siblings."""

    def tag_resource(self) -> ActionResult:
        """Adds tags to a resource, over those of the same key."""
        added = {tag["Key"]: tag for tag in self.given["Tags"]}
        description = self.fsx.tagged(self.given["ResourceARN"]).description
        kept = [tag for tag in description["Tags"] if tag["Key"] not in added]
        description["Tags"] = kept + list(added.values())
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        """Takes tags from a resource."""
        description = self.fsx.tagged(self.given["ResourceARN"]).description
        description["Tags"] = [
            tag for tag in description["Tags"] if tag["Key"] not in self.given["TagKeys"]
        ]
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        """The tags of a resource."""
        return self.page("Tags", self.fsx.tagged(self.given["ResourceARN"]).description["Tags"])
