"""The scratch volume on the nodes' own disks: where it can lie, and where pods see it."""

from __future__ import annotations

import pytest

from tests.settings.configs import Case, assert_refused, keys

SCRATCH, PATH = "storage.scratch", "storage.scratch.mountPath"
DISKS = {
    "nodeGroups.gpu": {"instanceTypes": ["g5.2xlarge"], "instanceStore": True},
    "nodeGroups.gpu.zones": ["us-west-2a"],
}

CASES = {
    "no node group has disks": Case(
        {SCRATCH: {}}, SCRATCH, "a node group must have instanceStore", ["cpu"], "m6id.large"
    ),
    "a path with a slash at its end": Case(
        {**DISKS, SCRATCH: {"mountPath": "/local-ssd/"}},
        PATH,
        "absolute path without a slash at its end",
        "/local-ssd/",
        "set for instance /local-ssd",
    ),
    "a folder of the system": Case(
        {**DISKS, SCRATCH: {"mountPath": "/dev/ssd"}},
        PATH,
        "outside the system's folders",
        "/dev/ssd",
        "set /local-ssd",
    ),
    "a path that pods have something at": Case(
        {**DISKS, SCRATCH: {"mountPath": "/tmp"}}, PATH, "must leave to pods", "/tmp", "/local-ssd"
    ),
    "a path in the shared storage": Case(
        {**DISKS, SCRATCH: {"mountPath": "/data/ssd"}},
        PATH,
        "nor lie in storage.mountPath, /data",
        "/data/ssd",
        "set /local-ssd",
    ),
    "the namespace of the pods that make the directories": Case(
        {**DISKS, SCRATCH: {}, "storage.namespaces": ["training", "eks-ml-scratch"]},
        "storage.namespaces[1]",
        "pods that make the scratch volume's directories",
        "eks-ml-scratch",
        "choose another name",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_would_fail_on_the_nodes_is_refused(name: str) -> None:
    assert_refused(CASES[name])


def test_a_group_with_disks_takes_the_volume() -> None:
    assert keys({**DISKS, SCRATCH: {}}) == []


def test_a_path_beside_the_shared_storage_is_right() -> None:
    assert keys({**DISKS, SCRATCH: {"mountPath": "/data-ssd"}}) == []
