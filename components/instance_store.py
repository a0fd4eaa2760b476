"""A launch template for nodes whose own NVMe disks hold what pods keep for a while.

EKS adds the cluster's part to the user data of a template without an image of its own, and nodeadm
on the node merges the parts. Its array of disks is then where the kubelet, containerd and the pods'
logs are, so that an emptyDir lies on it.
Sources: https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
"""

import json
from base64 import b64encode
from typing import Any

import pulumi
import pulumi_aws as aws

LABEL = {"eks-ml-storage/instance-store": "true"}
"""What nodes with an instance store have, for the pods that want one."""

NODE_CONFIG: dict[str, Any] = {
    "apiVersion": "node.eks.aws/v1alpha1",
    "kind": "NodeConfig",
    "spec": {"instance": {"localStorage": {"strategy": "RAID0"}}},
}

ROOT_DEVICE = "/dev/xvda"
"""The root volume of Amazon Linux 2023."""


def launch_template(
    name: str, disk_size_gib: int, opts: pulumi.ResourceOptions
) -> aws.ec2.LaunchTemplate:
    """The template; what it says a node group cannot say any more, as the size of the root volume.

    Args:
        name: Its logical name.
        disk_size_gib: The root volume, in GiB.
        opts: Whose child it is.
    """
    return aws.ec2.LaunchTemplate(
        name,
        description="Nodes with their instance store as one array",
        user_data=b64encode(user_data().encode()).decode(),
        block_device_mappings=[
            {
                "device_name": ROOT_DEVICE,
                "ebs": {
                    "volume_size": disk_size_gib,
                    "volume_type": "gp3",
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            }
        ],
        # As EKS's own template has it on Amazon Linux 2023: IMDSv2 only, from pods too.
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 2,
        },
        opts=opts,
    )


def user_data() -> str:
    """The user data, in several parts as EKS wants it even of a single one.

    A NodeConfig is YAML, of which JSON is a part.
    """
    boundary = "==NODE-CONFIG=="
    return "\n".join(
        [
            "MIME-Version: 1.0",
            f'Content-Type: multipart/mixed; boundary="{boundary}"',
            "",
            f"--{boundary}",
            "Content-Type: application/node.eks.aws",
            "",
            json.dumps(NODE_CONFIG),
            f"--{boundary}--",
            "",
        ]
    )
