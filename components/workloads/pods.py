"""The pods of workloads, and Jobs of them, as documents."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as kubernetes

from components.workloads.containers import SCRATCH, USER

LABELS = {"app.kubernetes.io/name": "eks-ml-workloads"}
"""What all pods of the image have, and no others."""

HOPELESS = (64, 65, 66)
"""Exit codes after which another try would end the same: wrong usage, wrong data, no input.
Source: sysexits.h, whose codes the workloads end with."""


def labels(component: str) -> dict[str, str]:
    """The labels of the pods that do one thing."""
    return {**LABELS, "app.kubernetes.io/component": component}


def claim(volume: str, name: pulumi.Input[str]) -> kubernetes.core.v1.VolumeArgsDict:
    """A claim as a volume of a pod."""
    return {"name": volume, "persistent_volume_claim": {"claim_name": name}}


def pod_template(  # noqa: PLR0913 (a pod's parts, all but two of them optional)
    component: str,
    containers: Sequence[kubernetes.core.v1.ContainerArgsDict],
    *,
    init_containers: Sequence[kubernetes.core.v1.ContainerArgsDict] = (),
    volumes: Sequence[kubernetes.core.v1.VolumeArgsDict] = (),
    service_account: pulumi.Input[str] | None = None,
    calls_kubernetes: bool = False,
    restart_policy: str = "Never",
    annotations: Mapping[str, pulumi.Input[str]] | None = None,
) -> kubernetes.core.v1.PodTemplateSpecArgsDict:
    """A pod of workloads, as Pod Security's "restricted" wants it.

    Args:
        component: What it does, for its labels.
        containers: Made by `container`.
        init_containers: Made by `container`; with restartPolicy Always they are sidecars.
        volumes: Beside the one for temporary files.
        service_account: Whose pods these are; the namespace's default one's when None.
        calls_kubernetes: Whether it gets a token of the service account.
        restart_policy: Never for Jobs, Always for Deployments.
        annotations: What else the pod tells; a Job of another content is another Job.
    """
    spec: kubernetes.core.v1.PodSpecArgsDict = {
        "restart_policy": restart_policy,
        "automount_service_account_token": calls_kubernetes,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": USER,
            "run_as_group": USER,
            "fs_group": USER,
            "fs_group_change_policy": "OnRootMismatch",
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [*containers],
        "volumes": [{"name": SCRATCH, "empty_dir": {}}, *volumes],
    }
    if init_containers:
        spec["init_containers"] = [*init_containers]
    if service_account is not None:
        spec["service_account_name"] = service_account
    metadata: kubernetes.meta.v1.ObjectMetaArgsDict = {"labels": labels(component)}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"metadata": metadata, "spec": spec}


def job_spec(
    template: kubernetes.core.v1.PodTemplateSpecArgsDict,
    *,
    deadline_seconds: int = 3600,
    backoff_limit: int = 4,
) -> kubernetes.batch.v1.JobSpecArgsDict:
    """A Job of one pod that is tried again where that may help, and for so long only.

    Args:
        template: Made by `pod_template`.
        deadline_seconds: When the Job fails at the latest, all tries together.
        backoff_limit: How often it is tried again.
    """
    return {
        "template": template,
        "backoff_limit": backoff_limit,
        "active_deadline_seconds": deadline_seconds,
        "pod_failure_policy": {
            "rules": [
                {
                    "action": "FailJob",
                    "on_exit_codes": {"operator": "In", "values": [*HOPELESS]},
                },
                # A node that goes, as spare capacity does, is no fault of the pod's.
                {
                    "action": "Ignore",
                    "on_pod_conditions": [{"type": "DisruptionTarget", "status": "True"}],
                },
            ]
        },
    }
