"""Fields whose change replaces an object, as pulumi-kubernetes decides it.

Source: the table of forced replacements in pulumi-kubernetes (provider/pkg/provider/diff.go, 4.x).
"""

from __future__ import annotations

from rehearsal.pulumi.providers.kubernetes.manifests import Manifest
from rehearsal.pulumi.providers.kubernetes.tokens import GroupVersionKind

IDENTITY = ("metadata.name", "metadata.namespace")

_VOLUME_SOURCES = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume",
    "flocker", "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs",
    "photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos",
    "vsphereVolume",
)  # fmt: skip
_POD_FIELDS = (
    "affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks",
    "hostAliases", "hostIPC", "hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName",
    "nodeSelector", "overhead", "preemptionPolicy", "priority", "priorityClassName",
    "readinessGates", "restartPolicy", "runtimeClassName", "schedulerName", "securityContext",
    "serviceAccount", "serviceAccountName", "shareProcessNamespace", "subdomain",
    "terminationGracePeriodSeconds", "volumes",
)  # fmt: skip
_CONTAINER_FIELDS = (
    "args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports",
    "readinessProbe", "resources", "securityContext", "stdin", "stdinOnce",
    "terminationMessagePath", "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts",
    "workingDir",
)  # fmt: skip

_REPLACED_BY: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "PersistentVolume"): tuple(f"spec.{source}" for source in _VOLUME_SOURCES),
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName",
    ),
    ("", "Pod"): (
        *(f"spec.{name}" for name in _POD_FIELDS),
        *(f"spec.containers.*.{name}" for name in _CONTAINER_FIELDS),
        *(f"spec.initContainers.*.{name}" for name in _CONTAINER_FIELDS),
    ),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP",),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "StatefulSet"): (
        "spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector",
        "spec.serviceName", "spec.volumeClaimTemplates",
    ),
    ("batch", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    ("policy", "PodDisruptionBudget"): (),  # v1 is mutable; only v1beta1 was not
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
}  # fmt: skip


def replacing_fields(
    kind: GroupVersionKind,
    manifest: Manifest,
    *,
    config_map_mutable: bool = False,
    secret_mutable: bool = False,
) -> tuple[str, ...]:
    """Return the dotted paths whose change replaces an object of this kind.

    In a path `*` stands for any list index.
    """
    immutable = manifest.get("immutable") is True
    if kind.kind == "Secret" and not kind.group and (immutable or not secret_mutable):
        return (*IDENTITY, "type", "stringData", "data")
    if kind.kind == "ConfigMap" and not kind.group and (immutable or not config_map_mutable):
        return (*IDENTITY, "binaryData", "data")
    return (*IDENTITY, *_REPLACED_BY.get((kind.group, kind.kind), ()))
