"""Addresses of pods, and the names by which they find each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes.controllers.kubelet.network import Address, Addresses, Network, name_of


@pytest.fixture
def addresses(tmp_path):
    return Addresses(tmp_path / "addresses.json")


def network(addresses, *headless):
    own = addresses.of("own")
    return Network(addresses, own, "team", frozenset(headless))


@given(st.sets(st.integers(0, 60000), min_size=2, max_size=50))
def test_two_numbers_are_two_addresses_and_none_is_the_networks_own(numbers):
    found = {Address(number).local for number in numbers}
    assert len(found) == len(numbers)
    assert all(one.startswith("127.18.") and not one.endswith((".0", ".255")) for one in found)


def test_a_name_keeps_its_address_when_the_controllers_start_again(addresses, tmp_path):
    first, second = addresses.of("a"), addresses.of("b")
    assert first != second
    assert Addresses(tmp_path / "addresses.json").of("b") == second


def test_a_released_address_is_given_to_another_and_no_other_is_given_twice(addresses):
    kept, released = addresses.of("a"), addresses.of("b")
    addresses.release("b")
    assert {addresses.of("c"), addresses.of("d")} >= {released}
    assert kept not in {addresses.of("c"), addresses.of("d")}


def test_two_worlds_of_one_machine_give_different_addresses(tmp_path):
    one, other = Addresses(tmp_path / "1", 40001), Addresses(tmp_path / "2", 40255)
    names = [str(number) for number in range(200)]
    assert not {one.of(name).local for name in names} & {other.of(name).local for name in names}


def test_an_address_past_the_last_network_is_in_the_first(tmp_path):
    addresses = Addresses(tmp_path / "addresses", 255)
    found = {addresses.of(str(number)).local for number in range(300)}
    assert len(found) == 300
    assert {one.split(".")[2] for one in found} == {"255", "0"}


@pytest.mark.difference(
    of="Kubernetes",
    what="Pods have loopback addresses, and the API shows others of 198.18.0.0/15.",
    direction="other",
    why="Kubernetes allows no loopback address in an EndpointSlice.",
)
def test_the_api_shows_an_address_that_an_endpoint_slice_may_have(addresses):
    address = addresses.of("a")
    assert address.shown == "198.18" + address.local.removeprefix("127.18")


def test_a_pod_in_the_place_of_another_under_a_headless_service_has_its_address():
    metadata = {"namespace": "team", "uid": "1"}
    first = {"metadata": metadata, "spec": {"hostname": "train-0", "subdomain": "workers"}}
    second = {**first, "metadata": metadata | {"uid": "2"}}
    assert name_of(first) == name_of(second) == "train-0.workers.team"
    assert name_of({"metadata": metadata, "spec": {}}) == "1"


@pytest.mark.parametrize(
    "name",
    [
        "train-0.workers",
        "train-0.workers.team",
        "train-0.workers.team.svc",
        "train-0.workers.team.svc.cluster.local",
    ],
)
@pytest.mark.parametrize("around", ["{}", "--host={}", "http://{}:9091/x", "{}:80,other", "'{}'"])
def test_each_form_of_a_pods_name_becomes_its_address(addresses, name, around):
    expected = addresses.of("train-0.workers.team").local
    found = network(addresses, ("team", "workers")).rewrite(around.format(name))
    assert found == around.format(expected)


@pytest.mark.parametrize(
    "text",
    [
        "train-0.other",
        "train-0.workersmore",
        "train-0.workers-more",
        "train-0.workers.other.svc",
        "train-0.workers.example.com",
        "/data/train-0.workers",
        "workers.team.svc",
        "workers",
        "Train",
    ],
)
def test_what_is_no_pods_name_stays_as_it_is(addresses, text):
    assert network(addresses, ("team", "workers")).rewrite(text) == text


def test_in_another_namespace_a_name_must_say_its_own(addresses):
    found = network(addresses, ("other", "workers"))
    assert found.rewrite("train-0.workers") == "train-0.workers"
    expected = addresses.of("train-0.workers.other").local
    assert found.rewrite("train-0.workers.other.svc") == expected


@pytest.mark.parametrize("around", ["{}", "--host={}", "{}:8080", "http://{}/"])
def test_every_address_of_a_pod_is_its_own_one(addresses, around):
    found = network(addresses)
    assert found.rewrite(around.format("0.0.0.0")) == around.format(found.own.local), (
        "nothing listens beyond loopback"
    )


@pytest.mark.parametrize("text", ["0.0.0.0/0", "10.0.0.0", "0.0.0.0.1", "10.0.0.0.0"])
def test_what_only_looks_like_every_address_stays(addresses, text):
    assert network(addresses).rewrite(text) == text


def test_an_address_as_the_api_shows_it_becomes_the_one_on_this_machine(addresses):
    other = addresses.of("other")
    assert network(addresses).rewrite(f"http://{other.shown}:80") == f"http://{other.local}:80"


def test_only_services_without_an_address_name_their_pods(kube, addresses):
    kube.put("Service", "team", "workers", spec={"clusterIP": "None"})
    kube.put("Service", "team", "server", spec={"clusterIP": "172.20.0.9"})
    pod = {"metadata": {"namespace": "team", "uid": "1"}, "spec": {}}
    assert Network.of(kube, addresses, pod).headless == {("team", "workers")}
