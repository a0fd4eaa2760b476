"""The command lines of the control plane, and what kwok may do."""

from __future__ import annotations

import yaml

from rehearsal.kubernetes import kwok, programs
from rehearsal.paths import Environment

STAGES = """
---
kind: Stage
metadata: {name: node-initialize}
spec: {}
---
kind: Stage
metadata: {name: pod-ready}
spec:
  selector:
    matchExpressions:
    - {key: .status.phase, operator: In, values: [Pending]}
  next:
    statusTemplate: "phase: Running"
---
kind: Stage
metadata: {name: pod-complete}
spec: {}
---
kind: Stage
metadata: {name: pod-delete}
spec:
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: Exists}
"""


def test_kwok_leaves_programs_alone_from_their_start_to_their_end() -> None:
    stages = {
        one["metadata"]["name"]: one for one in yaml.safe_load_all(kwok.configuration(STAGES))
    }
    assert set(stages) == {"node-initialize", "pod-ready", "pod-delete"}, "no stage completes pods"
    jobs = {"key": ".metadata.ownerReferences.[].kind", "operator": "NotIn", "values": ["Job"]}
    values = [*kwok.SYSTEM_NAMESPACES]
    serving = {"key": ".metadata.namespace", "operator": "In", "values": values}
    for stage in ("pod-ready", "pod-delete"):
        expressions = stages[stage]["spec"]["selector"]["matchExpressions"]
        assert jobs in expressions
        assert serving in expressions


def test_a_pod_that_only_looks_as_if_it_ran_is_annotated_once_it_does() -> None:
    documents = yaml.safe_load_all(kwok.configuration(STAGES))
    (ready,) = [one for one in documents if one["metadata"]["name"] == "pod-ready"]
    status, metadata = ready["spec"]["next"]["patches"]
    assert status == {"subresource": "status", "root": "status", "template": "phase: Running"}
    assert metadata["root"] == "metadata"
    assert [*yaml.safe_load(metadata["template"])["annotations"]] == [kwok.EMULATED_ANNOTATION]


def test_every_address_given_to_a_program_is_loopback(environment: Environment) -> None:
    lines = [
        programs.etcd(environment),
        programs.api_server(environment),
        programs.controller_manager(environment),
        programs.scheduler(environment),
        programs.kwok_controller(environment),
    ]
    flags = dict(
        argument.removeprefix("--").split("=", 1)
        for program in lines
        for argument in program.command[2:]
    )
    del flags["kubelet-preferred-address-types"]  # names a type, not an address
    served = {name: value for name, value in flags.items() if "url" in name or "address" in name}
    assert len(served) >= 5
    assert all("127.0.0.1" in value for value in served.values()), served
    assert not any("http://" in value for value in served.values()), "each has a certificate"
    assert (flags["client-cert-auth"], flags["peer-client-cert-auth"]) == ("true", "true")
    assert flags["secure-port"] in {"0", str(environment.ports.api_server)}


def test_kwok_serves_nothing_because_it_would_run_commands_for_everybody(
    environment: Environment,
) -> None:
    flags = {word.partition("=")[0] for word in programs.kwok_controller(environment).command}
    assert not {"--server-address", "--node-port"} & flags


def test_nobody_without_a_credential_may_ask_for_more_than_health() -> None:
    anonymous = programs.authentication()["anonymous"]
    assert anonymous == {
        "enabled": True,
        "conditions": [{"path": "/livez"}, {"path": "/readyz"}, {"path": "/healthz"}],
    }
