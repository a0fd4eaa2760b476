"""Object that a destroy deletes first, and that cannot be deleted while the stack is protected."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.dependencies import split_depends_on

NAMESPACE = "kube-system"
NAME = "deletion-protection"
"""Name of the ConfigMap, of the policy that keeps it, and of the policy's binding."""

LABEL = "eks-ml-storage/protect"
"""Label with the value "true" while the ConfigMap is protected; a change of its data would replace
it."""


class ProtectionArgs(TypedDict):
    """Arguments of `Protection`."""

    protect: bool
    """True if the stack must not be destroyed."""
    stack: NotRequired[str | None]
    """Name of the stack among others in a cluster that they share; None, the default, in a cluster
    of its own. The names of the ConfigMap and of its policy end with it."""


class Protection(pulumi.ComponentResource):
    """A ConfigMap that the API server does not delete, and that depends on all other resources.

    Pulumi's own `protect` refuses the deletion of one resource only when its turn comes, after the
    resources that depend on it were deleted. A deletion that fails for another reason ends the
    destroy. Pulumi deletes the ConfigMap first, because it depends on the resources of
    `depends_on`.
    """

    def __init__(
        self, name: str, args: ProtectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:cluster:Protection", name, {}, own)
        among = args.get("stack")
        object_name = f"{NAME}-{among}" if among else NAME
        policy = kubernetes.admissionregistration.v1.ValidatingAdmissionPolicy(
            f"{name}-policy",
            metadata={"name": object_name},
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
                            "resource_names": [object_name],
                        }
                    ],
                },
                "validations": [
                    {
                        "expression": f"oldObject.metadata.labels['{LABEL}'] != 'true'",
                        "message": denial_message(pulumi.get_stack()),
                        "reason": "Forbidden",
                    }
                ],
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        binding = kubernetes.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
            f"{name}-binding",
            metadata={"name": object_name},
            spec={"policy_name": policy.metadata.name, "validation_actions": ["Deny"]},
            opts=pulumi.ResourceOptions(parent=self),
        )
        kubernetes.core.v1.ConfigMap(
            f"{name}-object",
            metadata={
                "name": object_name,
                "namespace": NAMESPACE,
                "labels": {LABEL: str(args["protect"]).lower()},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[binding, *depends_on]),
        )
        self.register_outputs({})


def denial_message(stack: str) -> str:
    """Return the error message of a destroy of a protected stack."""
    return (
        f"stack {stack} is protected, and nothing of it was deleted. To destroy it, set "
        "`protect: false` and run `pulumi up` first"
    )


def record_created() -> list[pulumi.Resource]:
    """Return a list to which every resource is added that the program creates after this call."""
    created: list[pulumi.Resource] = []

    def record(args: pulumi.ResourceTransformationArgs) -> None:
        created.append(args.resource)

    pulumi.runtime.register_stack_transformation(record)
    return created
