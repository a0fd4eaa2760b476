"""What a person, or another stack, is told of this one."""

from typing import Any

import pulumi

from components.network import Network
from components.patterns import Patterns
from components.storage import StorageMount
from components.training import OnNewData, Training


def outputs(
    network: Network, mount: StorageMount, training: Training, patterns: Patterns
) -> dict[str, Any]:
    """The outputs of the stack by name; they have the same names with every back end."""
    storage, cluster = mount.storage, mount.cluster
    return {
        "clusterName": cluster.name,
        "kubeconfig": pulumi.Output.secret(cluster.kubeconfig),
        "kubeconfigCommand": cluster.kubeconfig_command,
        "vpcId": network.vpc_id,
        "bucket": storage.bucket.name,
        "storageBackend": storage.back_end,
        "fileSystemId": storage.file_system_id,
        "fileSystemDnsName": storage.dns_name,
        "mountName": storage.mount_name,
        "mountPath": mount.path,
        "mountCommand": storage.mount_command,
        "storageClass": mount.storage_class_name,
        "claims": mount.claim_names,
        "datasets": {
            name: f"{mount.path}/{storage.directory(dataset.prefix)}"
            for name, dataset in storage.bucket.datasets.items()
        },
        "workloadsImage": mount.image,
        "trainingJobs": training.job_names,
        **_of_new_data(training.on_new_data),
        **({"modelEndpoints": patterns.endpoints} if patterns.endpoints else {}),
    }


def _of_new_data(found: OnNewData | None) -> dict[str, Any]:
    """Where new data is put, and where events end up of which nothing could be made."""
    if found is None:
        return {}
    return {"inbox": found.uri, "inboxDeadLetters": found.events.dead_letter_url}
