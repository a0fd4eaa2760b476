"""Service controller of EKS, which makes Classic Load Balancers for Services.

It stands for Kubernetes' own cloud provider for AWS, which EKS runs unless the AWS Load Balancer
Controller is installed. It makes a load balancer and a security group, which nobody but this
controller deletes. Sources:
https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html and
https://github.com/kubernetes/cloud-provider-aws/blob/master/pkg/providers/v1/aws.go
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from rehearsal.clients.aws import Cloud, code_of, message_of
from rehearsal.kubernetes.controllers import drivers
from rehearsal.kubernetes.controllers.kube import Key, Kube, Object
from rehearsal.kubernetes.controllers.workqueue import Outcome

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
TYPE = "service.beta.kubernetes.io/aws-load-balancer-type"
INTERNAL = "service.beta.kubernetes.io/aws-load-balancer-internal"
OTHER_CONTROLLER_TYPES = ("external", "nlb-ip")
"""Load balancer types that the AWS Load Balancer Controller makes."""
SOURCE = "service-controller"
RETRY_SECONDS = 1.0
REFUSED_RETRY_SECONDS = 10.0


class LoadBalancers:
    """Controller that keeps a load balancer for each Service that needs one."""

    kind = "Service"

    def __init__(self, kube: Kube, cloud: Cloud) -> None:
        self._kube = kube
        self._cloud = cloud

    def reconcile(self, key: Key) -> Outcome:
        """Create or delete the load balancer of one Service, as the Service asks."""
        service = self._kube.get(key)
        if service is None:
            return None
        service["kind"] = self.kind
        finalizers = service["metadata"].get("finalizers", [])
        if not (wants(service) or FINALIZER in finalizers):
            return None
        region = drivers.cluster_region(self._kube)
        if not region:
            return RETRY_SECONDS
        try:
            return self._bring(key, service, region)
        except ClientError as error:
            said = f"Error syncing load balancer: {code_of(error)}: {message_of(error)}"
            self._kube.event(service, "Warning", "SyncLoadBalancerFailed", said, SOURCE)
            return (
                RETRY_SECONDS if code_of(error) == "DependencyViolation" else REFUSED_RETRY_SECONDS
            )

    def _bring(self, key: Key, service: Object, region: str) -> Outcome:
        aws = Balancer(self._cloud, region, service)
        if not wants(service):
            aws.delete()
            self._finalize(key, service, held=False)
            self._kube.event(
                service, "Normal", "DeletedLoadBalancer", "Deleted load balancer", SOURCE
            )
            return None
        self._finalize(key, service, held=True)
        host = aws.ensure()
        if not host:
            said = "Error syncing load balancer: could not find any suitable subnets for the ELB"
            self._kube.event(service, "Warning", "SyncLoadBalancerFailed", said, SOURCE)
            return REFUSED_RETRY_SECONDS
        status = {"loadBalancer": {"ingress": [{"hostname": host}]}}
        if service.get("status", {}).get("loadBalancer") != status["loadBalancer"]:
            self._kube.patch(key, {"status": status}, "status")
            self._kube.event(
                service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer", SOURCE
            )
        return None

    def _finalize(self, key: Key, service: Object, *, held: bool) -> None:
        present = service["metadata"].get("finalizers", [])
        wanted = [one for one in present if one != FINALIZER] + ([FINALIZER] if held else [])
        if sorted(wanted) != sorted(present):
            self._kube.patch(key, {"metadata": {"finalizers": wanted}})


class Balancer:
    """Load balancer of one Service, in AWS."""

    def __init__(self, cloud: Cloud, region: str, service: Object) -> None:
        self._ec2, self._elb = cloud.client("ec2", region), cloud.client("elb", region)
        self._eks = cloud.client("eks", region)
        self._service = service
        # The cloud provider's name: "a" and the UID without dashes, 32 characters.
        self.name = ("a" + service["metadata"]["uid"].replace("-", ""))[:32]

    def ensure(self) -> str:
        """Return the host name of the load balancer, created if needed; empty without a subnet."""
        found = self._found()
        if found:
            return str(found["DNSName"])
        (name,) = self._eks.list_clusters()["clusters"][:1]
        vpc = self._eks.describe_cluster(name=name)["cluster"]["resourcesVpcConfig"]
        subnets = self._subnets(vpc["vpcId"])
        if not subnets:
            return ""
        group = self._group(name, vpc)
        made = self._elb.create_load_balancer(
            LoadBalancerName=self.name,
            Listeners=[
                {
                    "Protocol": "TCP",
                    "LoadBalancerPort": port["port"],
                    "InstanceProtocol": "TCP",
                    "InstancePort": port.get("nodePort", port["port"]),
                }
                for port in self._service["spec"]["ports"]
            ],
            Subnets=subnets,
            SecurityGroups=[group],
            Scheme="internal" if self._internal else "internet-facing",
        )
        return str(made["DNSName"])

    def delete(self) -> None:
        """Delete the load balancer, the rules that let it in, and its security group.

        Raises:
            ClientError: DependencyViolation, as long as the group is in use.
        """
        if self._found():
            self._elb.delete_load_balancer(LoadBalancerName=self.name)
        named = [{"Name": "group-name", "Values": [f"k8s-elb-{self.name}"]}]
        for group in self._ec2.describe_security_groups(Filters=named)["SecurityGroups"]:
            self._shut_out(group["GroupId"], group["VpcId"])
            self._ec2.delete_security_group(GroupId=group["GroupId"])

    @property
    def _internal(self) -> bool:
        notes = self._service["metadata"].get("annotations") or {}
        return notes.get(INTERNAL, "false") not in ("false", "")

    def _found(self) -> dict[str, Any] | None:
        every = self._elb.describe_load_balancers()["LoadBalancerDescriptions"]
        return next((one for one in every if one["LoadBalancerName"] == self.name), None)

    def _subnets(self, vpc_id: str) -> list[str]:
        """Return one subnet of each zone, of those that are tagged for such load balancers."""
        role = "internal-elb" if self._internal else "elb"
        filters = [
            {"Name": "vpc-id", "Values": [vpc_id]},
            {"Name": f"tag:kubernetes.io/role/{role}", "Values": ["1"]},
        ]
        found = self._ec2.describe_subnets(Filters=filters)["Subnets"]
        return list({one["AvailabilityZone"]: one["SubnetId"] for one in found}.values())

    def _group(self, cluster: str, vpc: dict[str, Any]) -> str:
        """Create the load balancer's security group, and let it into the cluster's group."""
        metadata = self._service["metadata"]
        made = self._ec2.create_security_group(
            GroupName=f"k8s-elb-{self.name}",
            Description=f"Security group for Kubernetes ELB {self.name} "
            f"({metadata['namespace']}/{metadata['name']})",
            VpcId=vpc["vpcId"],
            TagSpecifications=[
                {
                    "ResourceType": "security-group",
                    "Tags": [{"Key": f"kubernetes.io/cluster/{cluster}", "Value": "owned"}],
                }
            ],
        )
        group: str = made["GroupId"]
        self._ec2.authorize_security_group_ingress(
            GroupId=vpc["clusterSecurityGroupId"], IpPermissions=_all_from(group)
        )
        return group

    def _shut_out(self, group: str, vpc_id: str) -> None:
        """Revoke the rules of other security groups that let a group in."""
        within = [{"Name": "vpc-id", "Values": [vpc_id]}]
        for other in self._ec2.describe_security_groups(Filters=within)["SecurityGroups"]:
            pairs = [
                pair["GroupId"]
                for rule in other["IpPermissions"]
                for pair in rule["UserIdGroupPairs"]
            ]
            if group in pairs:
                self._ec2.revoke_security_group_ingress(
                    GroupId=other["GroupId"], IpPermissions=_all_from(group)
                )


def wants(service: Object) -> bool:
    """Return True if this controller has to make a load balancer for a Service."""
    metadata, spec = service["metadata"], service["spec"]
    return (
        spec.get("type") == "LoadBalancer"
        and not spec.get("loadBalancerClass")
        and (metadata.get("annotations") or {}).get(TYPE) not in OTHER_CONTROLLER_TYPES
        and "deletionTimestamp" not in metadata
    )


def _all_from(group: str) -> list[dict[str, Any]]:
    return [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
