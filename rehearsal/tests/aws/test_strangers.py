"""Requests of another user, or of a page in a browser, to the emulated AWS."""

from __future__ import annotations

import pytest
import requests

from tests.patience import PATIENCE

ADMIN_PATHS = (
    "rehearsal/ready",
    "rehearsal/inventory",
    "rehearsal/clusters",
    "rehearsal/sagemaker/training-jobs",
    "rehearsal/reset",
    "moto-api/data.json",
    "moto-api/reset",
    "//moto-api/reset",
    "moto-api",
)


def ask(url: str, method: str = "GET", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, url, headers=named, timeout=PATIENCE).status_code


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_no_admin_path_answers_without_the_token(cloud, aws, path, method):
    aws.bucket("data")
    assert ask(f"{cloud.url}/{path}", method) in {401, 403}
    assert ask(f"{cloud.url}/{path}", method, X_Rehearsal_Token="guessed") in {401, 403}
    assert aws.s3.list_buckets()["Buckets"], "nothing was reset"


def test_motos_own_pages_are_not_served_to_anybody(cloud):
    token = cloud.credentials.admin_token
    assert ask(f"{cloud.url}/moto-api/data.json", X_Rehearsal_Token=token) == 404


def test_another_name_for_this_machine_is_refused(cloud):
    """A page of such a name reaches loopback servers by DNS rebinding."""
    token, port = cloud.credentials.admin_token, cloud.url.rpartition(":")[2]
    url = f"{cloud.url}/rehearsal/ready"
    for name in ("attacker.example", f"attacker.example:{port}", "s3.amazonaws.com", "127.0.0.1"):
        assert ask(url, Host=name, X_Rehearsal_Token=token) == 421
    for name in ("127.0.0.1", "localhost"):
        assert ask(url, Host=f"{name}:{port}", X_Rehearsal_Token=token) == 200


def test_a_page_of_another_origin_is_refused(cloud):
    token = cloud.credentials.admin_token
    url = f"{cloud.url}/rehearsal/ready"
    for origin in ("https://attacker.example", "http://127.0.0.1:1", "null"):
        assert ask(url, Origin=origin, X_Rehearsal_Token=token) == 403
    assert ask(url, Origin=cloud.url, X_Rehearsal_Token=token) == 200


def test_every_request_is_refused_with_a_foreign_host_before_its_signature_is_read(cloud):
    assert ask(cloud.url, "OPTIONS", Host="attacker.example", Origin="http://attacker.example") == (
        421
    )
