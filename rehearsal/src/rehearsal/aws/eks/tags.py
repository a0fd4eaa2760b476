"""API calls of EKS for tags."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult

from rehearsal.aws.eks.models import EKSCalls


class TagCalls(EKSCalls):
    """TagResource and the related calls, for each resource of a cluster that has an ARN."""

    def tag_resource(self) -> ActionResult:
        """Add tags to a resource; a tag replaces one with the same key."""
        self.eks.tag_resource(self.given["resourceArn"], self.given["tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        """Remove tags from a resource."""
        self.eks.untag_resource(self.given["resourceArn"], self.given["tagKeys"])
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        """List the tags of a resource."""
        found = self.eks.with_arn(self.given["resourceArn"])
        return ActionResult({"tags": found.description["tags"]})
