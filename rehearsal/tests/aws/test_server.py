"""The server: requests at once, and calls that are not emulated."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.patience import PATIENCE


@pytest.mark.parametrize(
    ("service", "call", "naming"),
    [
        ("fsx", "describe_file_caches", "fsx DescribeFileCaches"),
        ("sagemaker", "list_hubs", "sagemaker ListHubs"),
        ("ec2", "describe_trunk_interface_associations", "DescribeTrunkInterfaceAssociations"),
        ("eks", "list_insights", "eks"),
        ("pricing", "describe_services", "pricing DescribeServices"),
    ],
)
def test_a_call_that_is_not_emulated_is_refused_by_name(clients, refused, service, call, naming):
    arguments = {"clusterName": "main"} if call == "list_insights" else {}
    refused("NotImplemented", getattr(clients(service), call), naming, **arguments)


def test_only_this_machine_can_reach_it(cloud):
    assert cloud.url.startswith("http://127.0.0.1:")


def ask(cloud, path: str) -> int:
    """Return the status of a request with the admin token."""
    headers = cloud.credentials.admin_headers
    url = f"{cloud.url}/rehearsal/{path}"
    return requests.get(url, headers=headers, timeout=PATIENCE).status_code


def test_an_address_of_no_meaning_is_not_found(cloud):
    assert ask(cloud, "nothing") == 404
    assert ask(cloud, "save") == 405


def test_of_many_creates_of_one_name_one_succeeds(aws):
    def create(_: int) -> bool:
        try:
            aws.role("same", "ec2.amazonaws.com")
        except aws.iam.exceptions.EntityAlreadyExistsException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == [False] * 7 + [True]


def test_a_slow_sender_holds_nobody_up(cloud, aws):
    host, port = cloud.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as slow:
        head = f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 100\r\n\r\n"
        slow.sendall(f"{head}half".encode())
        assert ask(cloud, "ready") == 200
