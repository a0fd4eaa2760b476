"""Kubeconfigs, credentials and what a provider's configuration leads to."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rehearsal.pulumi.providers.kubernetes import kubeconfig
from rehearsal.pulumi.providers.kubernetes.credentials import Credentials
from rehearsal.pulumi.providers.kubernetes.provider import KubernetesProvider
from rehearsal.pulumi.providers.server import UNKNOWN, ProviderError
from tests.pulumi.providers.kubernetes.conftest import Workbench
from tests.pulumi.providers.kubernetes.fake_api import FakeApi

PROVIDER = "urn:pulumi:dev::project::pulumi:providers:kubernetes::main"
NAMESPACE = "kubernetes:core/v1:Namespace"


def config(server: str = "https://one", **user: Any) -> dict[str, Any]:
    return {
        "current-context": "eks",
        "contexts": [{"name": "eks", "context": {"cluster": "c", "user": "u", "namespace": "ml"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
    }


def plugin(script: str) -> dict[str, Any]:
    return {"exec": {"command": sys.executable, "args": ["-c", script], "apiVersion": "v1beta1"}}


def counting(log: Path, lifetime: timedelta) -> str:
    """A credential plugin that notes each call; its tokens are numbered."""
    expiry = (datetime.now(UTC) + lifetime).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f"import json; log = open({str(log)!r}, 'a+'); log.write('x'); log.seek(0);"
        f"print(json.dumps({{'status': {{'token': 't' + str(len(log.read())),"
        f"'expirationTimestamp': {expiry!r}}}}}))"
    )


def test_a_kubeconfig_is_contents_an_object_or_a_path(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(config()))
    for given in (config(), json.dumps(config()), str(file)):
        access = kubeconfig.active(kubeconfig.load(given))
        assert (access.server, access.namespace) == ("https://one", "ml")


def test_a_name_that_leads_nowhere_is_named() -> None:
    with pytest.raises(ProviderError, match="'prod', which is not among its contexts"):
        kubeconfig.active(config(), context="prod")


def test_an_exec_credential_is_kept_until_it_is_about_to_expire(tmp_path: Path) -> None:
    log = tmp_path / "log"
    long = Credentials(plugin(counting(log, timedelta(minutes=14))))
    assert [long.token(), long.token()] == ["t1", "t1"]
    short = Credentials(plugin(counting(log, timedelta(seconds=30))))
    assert [short.token(), short.token()] == ["t2", "t3"]


def test_a_failing_credential_command_says_what_it_said() -> None:
    with pytest.raises(ProviderError, match="no credentials found"):
        Credentials(plugin("import sys; sys.exit('no credentials found')")).token()


def test_a_missing_credential_command_is_named() -> None:
    with pytest.raises(ProviderError, match="'no-such-aws' was not found"):
        Credentials({"exec": {"command": "no-such-aws"}}).token()


def test_credentials_that_fail_make_the_cluster_unreachable(api: FakeApi) -> None:
    bench = Workbench(json.dumps(config(api.url, **plugin("import sys; sys.exit('denied')"))))
    with pytest.raises(ProviderError, match=r"(?s)cluster is unreachable.*denied"):
        bench.resource(NAMESPACE).up({"metadata": {"name": "one"}})


def test_the_token_is_sent_and_fetched_again_when_it_is_refused(
    api: FakeApi, tmp_path: Path
) -> None:
    bench = Workbench(
        json.dumps(config(api.url, **plugin(counting(tmp_path / "log", timedelta(minutes=14)))))
    )
    bench.resource(NAMESPACE).up({"metadata": {"name": "one"}})
    assert set(api.tokens) == {"Bearer t1"}
    api.refused_tokens.add("Bearer t1")
    bench.resource(NAMESPACE, "two").up({"metadata": {"name": "two"}})
    assert api.tokens[-1] == "Bearer t2"


def test_an_unreachable_cluster_previews_from_the_inputs_and_fails_to_create() -> None:
    bench = Workbench(json.dumps(config("http://127.0.0.1:9")))
    resource = bench.resource(NAMESPACE)
    assert resource.preview({"metadata": {"name": "one"}})["metadata"] == {"name": "one"}
    with pytest.raises(ProviderError, match="configured Kubernetes cluster is unreachable"):
        resource.up({"metadata": {"name": "one"}})


def test_a_kubeconfig_not_known_yet_previews_from_the_inputs() -> None:
    bench = Workbench("")
    bench.configure(kubeconfig=UNKNOWN)
    assert bench.resource(NAMESPACE).preview({"metadata": {"name": "one"}})["kind"] == "Namespace"


def test_deletes_of_an_unreachable_cluster_need_the_users_word(api: FakeApi) -> None:
    bench = Workbench(api.kubeconfig)
    resource = bench.resource(NAMESPACE)
    resource.up({"metadata": {"name": "one"}})
    gone = api.kubeconfig.replace(api.url, "http://127.0.0.1:9")
    bench.configure(kubeconfig=gone)
    with pytest.raises(ProviderError, match="PULUMI_K8S_DELETE_UNREACHABLE"):
        resource.delete()
    bench.configure(kubeconfig=gone, deleteUnreachable="true")
    resource.delete()


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({"kubeconfig": config()}, {"kubeconfig": config()}, []),
        ({"kubeconfig": config()}, {"kubeconfig": config(token="t")}, []),
        ({"kubeconfig": config()}, {"kubeconfig": config("https://two")}, ["kubeconfig"]),
        ({"kubeconfig": config()}, {"kubeconfig": UNKNOWN}, ["kubeconfig"]),
        (
            {"kubeconfig": config(), "clusterIdentifier": "a"},
            {"kubeconfig": config("https://two"), "clusterIdentifier": "a"},
            [],
        ),
        ({"clusterIdentifier": "a"}, {"clusterIdentifier": "b"}, ["clusterIdentifier"]),
    ],
)
def test_another_cluster_replaces_the_provider(
    old: dict[str, Any], new: dict[str, Any], replaces: list[str]
) -> None:
    difference = KubernetesProvider().diff_config(PROVIDER, old, new)
    assert difference.replaces == replaces
    assert difference.changes is (old != new)


def test_inputs_that_the_provider_does_not_take_are_refused() -> None:
    news = {"kubeconfg": "x", "renderYamlToDirectory": "out", "enableServerSideApply": "true"}
    failures = KubernetesProvider().check_config(PROVIDER, {}, news).failures
    assert [failure.property for failure in failures] == ["kubeconfg", "renderYamlToDirectory"]


def test_a_function_is_refused_by_its_name() -> None:
    with pytest.raises(ProviderError, match="kubernetes:yaml:decode"):
        KubernetesProvider().invoke("i", "kubernetes:yaml:decode", {})


def test_an_address_where_nobody_listens_is_asked_without_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    bench = Workbench(json.dumps(config("http://127.0.0.1:9")))
    bench.resource(NAMESPACE).preview({"metadata": {"name": "one"}})
    assert not pauses
