"""The object that a destroy has to delete first, and may not while the stack is protected."""

from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components import dependencies

NAMESPACE = "kube-system"
NAME = "deletion-protection"
"""Name of the ConfigMap, of the policy that keeps it, and of the policy's binding."""

LABEL = "eks-ml-storage/protect"
"""Label that says whether the ConfigMap is kept. A change of its data would replace it."""


class ProtectionArgs(TypedDict):
    """Arguments of `Protection`."""

    protect: bool
    """True for a stack that is not to be destroyed."""


class Protection(pulumi.ComponentResource):
    """A ConfigMap that depends on all that `depends_on` names, and that the API server keeps.

    Pulumi's own `protect` refuses one resource when its turn comes, and what depends on it is gone
    by then; without a preview the rest is deleted as well. A deletion that fails for another reason
    ends the destroy, so what is deleted first refuses for all.
    """

    def __init__(
        self, name: str, args: ProtectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, after = dependencies.split(opts)
        super().__init__("eks-ml-storage:cluster:Protection", name, {}, own)
        policy = kubernetes.admissionregistration.v1.ValidatingAdmissionPolicy(
            f"{name}-policy",
            metadata={"name": NAME},
            spec={
                "match_constraints": {
                    "namespace_selector": {
                        "match_labels": {"kubernetes.io/metadata.name": NAMESPACE}
                    },
                    "resource_rules": [
                        {
                            "api_groups": [""],
                            "api_versions": ["v1"],
                            "operations": ["DELETE"],
                            "resources": ["configmaps"],
                            "resource_names": [NAME],
                        }
                    ],
                },
                "validations": [
                    {
                        "expression": f"oldObject.metadata.labels['{LABEL}'] != 'true'",
                        "message": refusal(pulumi.get_stack()),
                        "reason": "Forbidden",
                    }
                ],
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        binding = kubernetes.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
            f"{name}-binding",
            metadata={"name": NAME},
            spec={"policy_name": policy.metadata.name, "validation_actions": ["Deny"]},
            opts=pulumi.ResourceOptions(parent=self),
        )
        kubernetes.core.v1.ConfigMap(
            f"{name}-object",
            metadata={
                "name": NAME,
                "namespace": NAMESPACE,
                "labels": {LABEL: str(args["protect"]).lower()},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[binding, *after]),
        )
        self.register_outputs({})


def refusal(stack: str) -> str:
    """Return the sentence with which the destroy of a protected stack ends."""
    return (
        f"stack {stack} is protected, and nothing of it was deleted. To destroy it, set "
        "`protect: false` and run `pulumi up` first"
    )


def remember_created() -> list[pulumi.Resource]:
    """Return a list that takes every resource that the program creates from here on."""
    created: list[pulumi.Resource] = []

    def remember(args: pulumi.ResourceTransformationArgs) -> None:
        created.append(args.resource)

    pulumi.runtime.register_stack_transformation(remember)
    return created
