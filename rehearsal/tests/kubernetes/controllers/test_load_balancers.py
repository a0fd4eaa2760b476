"""A Service of type LoadBalancer is a load balancer in AWS, and goes with it."""

import pytest

from rehearsal.aws import clock, interfaces
from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.load_balancers import FINALIZER, TYPE, LoadBalancers

SPEC = {"type": "LoadBalancer", "ports": [{"port": 80, "nodePort": 30080}]}
SERVICE = Key("Service", "web", "front")


@pytest.fixture
def balancers(account, cloud, kube) -> LoadBalancers:
    account.cluster()
    tag = {"Key": "kubernetes.io/role/elb", "Value": "1"}
    account.client("ec2").create_tags(Resources=account.subnets, Tags=[tag])
    return LoadBalancers(kube, cloud)


def in_aws(account):
    return account.client("elb").describe_load_balancers()["LoadBalancerDescriptions"]


def groups(account):
    found = account.client("ec2").describe_security_groups()["SecurityGroups"]
    return [one["GroupName"] for one in found if one["GroupName"].startswith("k8s-elb-")]


def make(kube, balancers, **metadata):
    kube.put("Service", "web", "front", spec=SPEC, metadata={"name": "front", **metadata})
    return balancers.reconcile(SERVICE)


def test_it_has_a_host_name_a_group_and_an_interface_in_each_tagged_subnet(
    account, kube, balancers
):
    make(kube, balancers)
    (made,) = in_aws(account)
    service = kube.get(SERVICE)
    assert service["status"]["loadBalancer"] == {"ingress": [{"hostname": made["DNSName"]}]}
    assert service["metadata"]["finalizers"] == [FINALIZER]
    assert sorted(made["Subnets"]) == sorted(account.subnets)
    assert groups(account) == [f"k8s-elb-{made['LoadBalancerName']}"]
    found = account.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    placed = [one for one in found if one["Description"] == f"ELB {made['LoadBalancerName']}"]
    assert sorted(one["SubnetId"] for one in placed) == sorted(account.subnets)


def test_there_is_one_however_often_the_service_is_looked_at(account, kube, balancers):
    make(kube, balancers)
    balancers.reconcile(SERVICE)
    assert len(in_aws(account)) == 1


def test_the_service_stays_until_load_balancer_interfaces_and_group_are_gone(
    account, kube, balancers, monkeypatch
):
    make(kube, balancers)
    monkeypatch.setattr(interfaces, "LINGER_SECONDS", 3600)
    kube.delete(SERVICE)
    assert balancers.reconcile(SERVICE) == 1.0, "the group is in use"
    assert in_aws(account) == []
    assert kube.get(SERVICE) is not None
    monkeypatch.setattr(clock, "AHEAD", 3601)
    assert balancers.reconcile(SERVICE) is None
    assert kube.get(SERVICE) is None
    assert groups(account) == []


def test_without_a_tagged_subnet_it_says_so_and_tries_again(account, cloud, kube):
    account.cluster()
    assert make(kube, LoadBalancers(kube, cloud)) == 10.0
    assert "could not find any suitable subnets" in kube.said("SyncLoadBalancerFailed")[0]


@pytest.mark.parametrize(
    "service",
    [
        {"spec": {**SPEC, "type": "ClusterIP"}},
        {"spec": {**SPEC, "loadBalancerClass": "service.k8s.aws/nlb"}},
        {"spec": SPEC, "metadata": {"name": "front", "annotations": {TYPE: "external"}}},
    ],
)
def test_services_of_other_controllers_are_left_alone(account, kube, balancers, service):
    kube.put("Service", "web", "front", **service)
    assert balancers.reconcile(SERVICE) is None
    assert in_aws(account) == []
