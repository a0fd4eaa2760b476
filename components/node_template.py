"""Launch template of a node group: its disks, and access to the credentials of its nodes.

EKS's own template leaves root volumes unencrypted unless the account says otherwise, lets every pod
ask for the node's credentials, and tags nothing.

Where the instances' own NVMe disks are used, EKS adds the cluster's part to the user data of the
template, and nodeadm on the node merges the parts. The array of disks is then where the kubelet,
containerd and the pods' logs are, so that an emptyDir lies on it.
Sources: https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
"""

import json
from base64 import b64encode
from typing import Any

import pulumi
import pulumi_aws as aws

INSTANCE_STORE_LABEL = {"eks-ml-storage/instance-store": "true"}
"""Label of nodes with an instance store, by which pods select them."""

NODE_CONFIG: dict[str, Any] = {
    "apiVersion": "node.eks.aws/v1alpha1",
    "kind": "NodeConfig",
    "spec": {"instance": {"localStorage": {"strategy": "RAID0"}}},
}

ROOT_DEVICE = "/dev/xvda"
"""Device name of the root volume of Amazon Linux 2023."""


HOP_LIMIT = 1
"""Network hops that an answer of the instance's metadata service may take: to the host, and to
pods in its network, but not on to other pods. These get credentials by EKS Pod Identity, so that
none needs the node's role. Source:
https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html"""


def launch_template(
    name: str, disk_size_gib: int, opts: pulumi.ResourceOptions, *, instance_store: bool
) -> aws.ec2.LaunchTemplate:
    """Create the template. EKS refuses a node group that repeats its settings, such as disk size.

    Args:
        name: Logical name of the template.
        disk_size_gib: Size of the root volume, in GiB.
        opts: Options of the template.
        instance_store: True if the instances' own disks become one array for pods.
    """
    return aws.ec2.LaunchTemplate(
        name,
        description=f"Nodes of {name}",
        user_data=b64encode(user_data().encode()).decode() if instance_store else None,
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
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": HOP_LIMIT,
        },
        opts=opts,
    )


def user_data() -> str:
    """Return the user data as a MIME multipart document, the form that EKS requires.

    A NodeConfig is YAML; JSON is valid YAML.
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
