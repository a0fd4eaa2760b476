"""Rules of EKS for the launch template of a managed node group.

Source: https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.launch_templates import LaunchTemplateVersion

from rehearsal.aws import node_config
from rehearsal.aws.eks.models import invalid
from rehearsal.aws.service import Refusal

Data = Mapping[str, Any]

SMALLEST_VOLUME_GIB = 20
"""The snapshot of the machine image of Amazon Linux 2023. Source: the answer of EKS in
https://github.com/cilium/cilium/pull/43051"""
ROOT_DEVICE = "/dev/xvda"

# Settings that belong to the node group and not to its launch template.
FORBIDDEN = {
    "IamInstanceProfile": "an instance profile: the node group's role is used",
    "HibernationOptions": "hibernation",
    "InstanceMarketOptions": "a market: capacityType is used",
}


def find(ec2: EC2Backend, wanted: Mapping[str, str]) -> LaunchTemplateVersion:
    """Return the version of a launch template that a request names; the default one without a name.

    Raises:
        Refusal: There is no such template or version.
    """
    if wanted.get("id") and wanted.get("name"):
        raise invalid("You can specify either the launch template's id or its name, but not both.")
    named = wanted.get("id") or wanted.get("name")
    for template in ec2.launch_templates.values():
        if named in (template.id, template.name):
            moving = {
                "$Default": template.default_version_number,
                "$Latest": template.latest_version_number,
            }
            given = wanted.get("version") or "$Default"
            number = moving.get(given) or int(given)
            for version in template.versions:
                if version.number == number:
                    return version
            raise _refused(f"version {number} of the launch template {named} does not exist.")
    raise _refused(f"The launch template {named} does not exist.")


def check(data: Data, instance_types: Any) -> None:
    """Raise an error for settings that contradict the node group's, or a root volume too small.

    Raises:
        Refusal: InvalidParameterException, InvalidRequestException.
    """
    for setting, said in FORBIDDEN.items():
        if data.get(setting):
            raise invalid(f"Launch template should not specify {said}.")
    if any(one.get("SubnetId") for one in data.get("NetworkInterfaces") or []):
        raise invalid("Launch template should not specify a subnet: the node group's are used.")
    for mapping in data.get("BlockDeviceMappings") or []:
        if mapping.get("DeviceName") == ROOT_DEVICE and not data.get("ImageId"):
            size = (mapping.get("Ebs") or {}).get("VolumeSize")
            check_volume(int(size) if size else None)
    if data.get("InstanceType") and instance_types:
        raise invalid(
            "Instance types cannot be specified both in the launch template and in the request."
        )


def check_volume(size_gib: int | None) -> None:
    """Refuse a root volume that the machine image does not fit on.

    Raises:
        Refusal: InvalidRequestException.
    """
    if size_gib is not None and size_gib < SMALLEST_VOLUME_GIB:
        raise _refused(
            f"Volume of size {size_gib}GB is smaller than snapshot 'snap-00a7e1db053990bc5', "
            f"expect size>= {SMALLEST_VOLUME_GIB}GB"
        )


def issue(data: Data) -> dict[str, Any] | None:
    """Return the health issue that keeps nodes of a template from starting, or None."""
    user_data = data.get("UserData")
    if not user_data or data.get("ImageId"):
        return None
    if not node_config.is_multipart(str(user_data)):
        said = "User data was not in the MIME multipart format."
        return {"code": "Ec2LaunchTemplateInvalidConfiguration", "message": said}
    try:
        node_config.local_storage(str(user_data))
    except node_config.NodeConfigError as error:
        said = f"Instances failed to join the kubernetes cluster (nodeadm: {error})"
        return {"code": "NodeCreationFailure", "message": said}
    return None


def _refused(message: str) -> Refusal:
    return Refusal("InvalidRequestException", message)
