"""Resources that an instance type gives to pods."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes.instances import InstanceType


def description(name: str, vcpus: int, memory_mib: int, interfaces: int, addresses: int) -> Any:
    return {
        "InstanceType": name,
        "VCpuInfo": {"DefaultVCpus": vcpus},
        "MemoryInfo": {"SizeInMiB": memory_mib},
        "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
        "NetworkInfo": {
            "MaximumNetworkInterfaces": interfaces,
            "Ipv4AddressesPerInterface": addresses,
        },
    }


@pytest.mark.parametrize(
    ("interfaces", "addresses", "vcpus", "pods"),
    [
        (3, 10, 2, 29),  # m5.large
        (4, 15, 4, 58),  # m5.xlarge
        (8, 30, 16, 110),  # m5.4xlarge: 234 addresses, 110 pods below 30 vCPUs
        (15, 50, 96, 250),  # m5.24xlarge: 737 addresses
    ],
)
def test_pods_are_as_many_as_the_vpc_cni_and_managed_groups_allow(
    interfaces: int, addresses: int, vcpus: int, pods: int
) -> None:
    kind = InstanceType.of(description("x", vcpus, 8192, interfaces, addresses))
    assert kind.max_pods == pods


def test_eks_reserves_of_a_core_what_its_image_does() -> None:
    kind = InstanceType.of(description("m5.xlarge", 4, 16384, 4, 15))
    assert kind.allocatable(20)["cpu"] == "3920m", "60 + 10 + 5 + 5 millicores"


def test_memory_reserved_grows_with_the_pods() -> None:
    kind = InstanceType.of(description("m5.large", 2, 8192, 3, 10))
    usable = int(kind.capacity(20)["memory"].removesuffix("Mi"))
    left = int(kind.allocatable(20)["memory"].removesuffix("Mi"))
    assert usable - left == 255 + 11 * 29 + 100
    assert usable < 8192, "the kernel keeps some"


def test_graviton_is_arm64_and_gpus_of_others_than_nvidia_do_not_count() -> None:
    told = description("g4ad.xlarge", 4, 16384, 2, 4)
    told["GpuInfo"] = {"Gpus": [{"Manufacturer": "AMD", "Count": 1}]}
    told["ProcessorInfo"]["SupportedArchitectures"] = ["arm64"]
    kind = InstanceType.of(told)
    assert (kind.architecture, kind.nvidia_gpus) == ("arm64", 0)


@given(
    vcpus=st.integers(1, 448),
    memory=st.integers(2048, 25_165_824),
    interfaces=st.integers(2, 16),
    addresses=st.integers(4, 50),
    disk=st.integers(20, 16_384),
)
def test_pods_never_get_more_than_there_is(
    vcpus: int, memory: int, interfaces: int, addresses: int, disk: int
) -> None:
    kind = InstanceType.of(description("x", vcpus, memory, interfaces, addresses))
    capacity, allocatable = kind.capacity(disk), kind.allocatable(disk)
    assert 0 < int(allocatable["cpu"].removesuffix("m")) < 1000 * int(capacity["cpu"])
    assert _mib(allocatable["memory"]) < _mib(capacity["memory"]) <= memory
    assert 0 < int(allocatable["ephemeral-storage"]) < disk * 2**30
    assert allocatable["pods"] == capacity["pods"]


def _mib(quantity: str) -> int:
    return int(quantity.removesuffix("Mi"))


def test_the_disks_of_an_instance_are_sold_by_the_decimal_gigabyte() -> None:
    told = description("m6id.large", 2, 8192, 3, 10)
    told["InstanceStorageInfo"] = {"TotalSizeInGB": 118}
    assert InstanceType.of(told).instance_store_gib == 109
