"""Removes former contents of datasets and models from the shared storage."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.pods.job import WorkloadJob
from components.pods.templates import claim, job_spec
from components.storage.content_pods import VOLUME, literal, script_container

COMPONENT = "remove-old"
DEADLINE_SECONDS = 3600


class Kept(NamedTuple):
    """A directory in use, whose former contents are beside it."""

    kind: Literal["ours", "linked"]
    """ours: nobody else writes beside it. linked: objects of the bucket may be shown there, too, so
    that nothing but directories named by a digest is removed."""
    directory: pulumi.Input[str]
    """Path from the root of the claim, no slash at either end."""


class OldContentsArgs(TypedDict):
    """Arguments of `OldContents`."""

    namespace: pulumi.Input[str]
    """Namespace of the pod."""
    claim_name: pulumi.Input[str]
    """That namespace's claim on the shared storage."""
    file_system_id: pulumi.Input[str]
    """File system behind the claim; another one holds nothing old yet."""
    kept: Sequence[Kept]
    """All that is in use."""


class OldContents(pulumi.ComponentResource):
    """A Job that removes what stands beside the contents in use, once nothing reads it.

    It comes after whatever reads the new contents: training jobs that SageMaker has taken, pods
    that have trained, servers that have been rolled out. An update that fails before leaves the
    old contents to those that still read them, and the next update that ends removes them.
    """

    def __init__(
        self,
        name: str,
        args: OldContentsArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("eks-ml-storage:storage:OldContents", name, {}, opts)
        self._args = args
        if args["kept"]:
            WorkloadJob(
                name,
                {
                    "namespace": args["namespace"],
                    "component": COMPONENT,
                    "name_prefix": COMPONENT,
                    "spec": job_spec(self._pod(), deadline_seconds=DEADLINE_SECONDS),
                },
                pulumi.ResourceOptions(parent=self, depends_on=[*after]),
            )
        self.register_outputs({})

    def _pod(self) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
        """A pod that is root, because models belong to the workloads and imported files to root."""
        lines = [
            pulumi.Output.concat(each.kind, "\t", each.directory, "\n")
            for each in self._args["kept"]
        ]
        keep = pulumi.Output.concat(*lines).apply(literal)
        script = script_container(
            "remove", "remove_old", {"KEEP": keep}, capabilities=("DAC_OVERRIDE",)
        )
        return {
            "metadata": {
                "annotations": {"eks-ml-storage/file-system-id": self._args["file_system_id"]}
            },
            "spec": {
                "restart_policy": "Never",
                "automount_service_account_token": False,
                "containers": [script],
                "volumes": [claim(VOLUME, self._args["claim_name"])],
            },
        }
