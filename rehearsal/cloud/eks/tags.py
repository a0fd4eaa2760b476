"""The calls of EKS about tags."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult

from ..service import Refusal
from .models import Described, EKSCalls


class TagCalls(EKSCalls):
    """TagResource and its siblings, for everything of a cluster that has an ARN."""

    def tag_resource(self) -> ActionResult:
        """Adds tags to a resource, over those of the same key."""
        self._resource().description["tags"].update(self.given["tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        """Takes tags from a resource."""
        for key in self.given["tagKeys"]:
            self._resource().description["tags"].pop(key, None)
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        """The tags of a resource."""
        return ActionResult({"tags": self._resource().description["tags"]})

    def _resource(self) -> Described:
        arn = self.given["resourceArn"]
        for one in self.eks.everything():
            if one.arn == arn:
                return one
        raise Refusal("NotFoundException", f"The specified resource was not found: {arn}")
