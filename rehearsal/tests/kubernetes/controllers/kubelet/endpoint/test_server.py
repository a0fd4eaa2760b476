"""Clients that the kubelet endpoint serves, and what it says of a pod that does not run here."""

import ssl

import pytest

from rehearsal.kubernetes import kwok


def test_who_has_no_certificate_gets_nothing(served):
    served.run()
    with pytest.raises((ssl.SSLError, OSError)):
        served.get("/containerLogs/team/load/main", client="")


@pytest.mark.parametrize("client", ["controllers", "kwok", "kube-scheduler"])
def test_of_the_certificates_only_the_api_servers_is_served(served, client):
    served.run()
    status, said = served.get("/containerLogs/team/load/main", client)
    assert (status, said) == (403, "a kubelet serves its API server only\n")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/pods",
        "/run/team/load/main",
        "/containerLogs/../../main",
        "/containerLogs/team/%2e%2e/cloud",
    ],
)
def test_anything_else_is_not_there(served, path):
    assert served.get(path)[0] == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [("containerLogs/{}/load/main", 400), ("exec/{}/load/main", 404), ("portForward/{}/load", 404)],
)
def test_a_pod_that_does_not_run_here_says_why(served, path, status):
    def said(namespace="team", **more):
        served.status(namespace=namespace, **more)
        got, text = served.get(f"/{path.format(namespace)}?command=true")
        assert got == status
        return text

    waiting = {"state": {"waiting": {"reason": "CreateContainerConfigError"}}}
    assert "scheduled, not run" in said(image="nginx:1.29")
    assert "only looks as if it ran" in said(namespace=kwok.SYSTEM_NAMESPACES[0])
    assert said().endswith("is waiting to start: ContainerCreating\n")
    found = said(containerStatuses=[{"name": "main", **waiting}])
    assert found.endswith("is waiting to start: CreateContainerConfigError\n")
    served.kube.objects.clear()
    assert served.get(f"/{path.format('team')}") == (status, 'pod "load" not found\n')


def test_the_log_of_an_earlier_pod_of_the_same_name_is_not_shown(served):
    served.log.parent.mkdir(parents=True)
    served.log.write_text("earlier\n")
    served.status()
    status, said = served.get("/containerLogs/team/load/main")
    assert (status, "waiting to start" in said) == (400, True)


def test_a_request_that_is_no_upgrade_to_spdy_is_refused(served):
    served.run()
    assert served.get("/exec/team/load/main?command=true&output=1")[0] == 400
    head = served.streams("/portForward/team/load", "v4.channel.k8s.io").head
    assert b"403 Forbidden" in head
