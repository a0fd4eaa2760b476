from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.network import Network
from components.network_spec import DeployedNetwork, NetworkSpec
from components.spec.errors import SpecError
from tests.mocks import Deployment, deploy, names

ZONES = ["us-west-2a", "us-west-2b", "us-west-2c"]


def network(nat: str, zones: list[str] = ZONES) -> Deployment:
    spec = NetworkSpec.model_validate({"cidr": "10.20.0.0/16", "zones": zones, "nat": nat})
    return deploy(lambda: Network("net", {"spec": spec}))


def test_each_zone_has_a_public_and_a_private_subnet_that_kubernetes_finds() -> None:
    subnets = {each.name: each.inputs for each in network("single").of_type(":Subnet")}
    assert set(subnets) == {
        f"net-{role}-{zone}" for role in ("public", "private") for zone in ZONES
    }
    for name, inputs in subnets.items():
        role = "elb" if "public" in name else "internal-elb"
        assert inputs["tags"] == {f"kubernetes.io/role/{role}": "1"}
        assert name.endswith(inputs["availabilityZone"])
        assert inputs["mapPublicIpOnLaunch"] == ("public" in name)


@pytest.mark.parametrize(("nat", "gateways"), [("none", 0), ("single", 1), ("perZone", 3)])
def test_there_are_as_many_nat_gateways_as_asked_for(nat: str, gateways: int) -> None:
    made = network(nat)
    assert len(made.of_type(":NatGateway")) == len(made.of_type(":Eip")) == gateways
    private = [each for each in made.of_type(":Route") if "private" in each.name]
    assert len(private) == (len(ZONES) if gateways else 0)


def test_with_a_nat_gateway_per_zone_no_traffic_leaves_its_zone() -> None:
    made = network("perZone")
    for zone in ZONES:
        route = made.one(":Route", f"net-egress-private-{zone}")
        gateway = made.one(":NatGateway", f"net-egress-nat-{zone}")
        assert gateway in made.waits_for(route)
        assert made.one(":Subnet", f"net-public-{zone}") in made.waits_for(gateway)


def test_a_single_nat_gateway_serves_all_zones() -> None:
    made = network("single")
    (gateway,) = made.of_type(":NatGateway")
    for zone in ZONES:
        assert gateway in made.waits_for(made.one(":Route", f"net-egress-private-{zone}"))


def test_addresses_and_nat_gateways_wait_for_the_internet_gateway() -> None:
    made = network("single")
    (internet,) = made.of_type(":InternetGateway")
    for each in (*made.of_type(":Eip"), *made.of_type(":NatGateway")):
        assert internet in made.waits_for(each), f"{each.name} needs an attached gateway"


def test_s3_is_reached_by_a_gateway_endpoint_from_every_route_table() -> None:
    made = network("none")
    endpoint = made.one(":VpcEndpoint")
    assert endpoint.inputs["vpcEndpointType"] == "Gateway"
    assert endpoint.inputs["serviceName"] == "com.amazonaws.us-west-2.s3"
    assert len(endpoint.inputs["routeTableIds"]) == len(made.of_type(":RouteTable"))


def test_names_of_file_systems_resolve_in_the_vpc() -> None:
    vpc = network("none").one(":Vpc").inputs
    assert vpc["enableDnsHostnames"]
    assert vpc["enableDnsSupport"]


def test_who_waits_for_the_network_waits_for_every_way_out_of_it() -> None:
    seen: dict[str, Any] = {}

    def program() -> None:
        made = Network("net", {"spec": NetworkSpec(zones=tuple(ZONES[:2]))})
        aws.ec2.Vpc("after", opts=pulumi.ResourceOptions(depends_on=[made]))
        seen["all"] = made.subnet_ids("public")
        seen["some"] = made.subnet_ids("private", ["us-west-2b"])

    made = deploy(program)
    waited = names(made.waits_for(made.one(":Vpc", "after")))
    for each in [*made.of_type(":Route"), *made.of_type(":RouteTableAssociation")]:
        assert each.name in waited
    assert (len(seen["all"]), len(seen["some"])) == (2, 1)


def test_the_control_plane_is_in_the_zones_it_was_created_in() -> None:
    seen: list[int] = []

    def program(deployed: DeployedNetwork) -> None:
        spec = NetworkSpec(zones=tuple(ZONES))
        made = Network("net", {"spec": spec, "deployed": deployed})
        seen.append(len(made.control_plane_subnet_ids))

    deploy(lambda: program(DeployedNetwork()))
    deploy(lambda: program(DeployedNetwork(control_plane_zones=("us-west-2a", "us-west-2b"))))
    assert seen == [3, 2]


def test_a_wrong_spec_is_refused_in_a_program_too_with_all_its_errors() -> None:
    with pytest.raises(SpecError) as caught:
        NetworkSpec(cidr="10.20.0.1/16", zones=("us-west-2a",), nat="per_zone")  # type: ignore[arg-type]
    assert [error.path for error in caught.value.errors] == [("nat",), ("cidr",), ("zones",)]
    text = str(caught.value)
    assert text.startswith("NetworkSpec has 3 errors.")
    assert "NetworkSpec.nat" in text
    assert "remedy: set 10.20.0.0/16" in text


def test_everything_is_under_the_component() -> None:
    made = network("perZone")
    top = [each.name for each in made.resources if made.parent_of(each) is None]
    assert top == ["net"]
