"""Fixtures of the kubelet's tests: the controller, and a place for pods to be."""

from types import SimpleNamespace

import pytest

from rehearsal.kubernetes.controllers.kubelet.pods import Pods
from tests.kubernetes.controllers.account import allow


@pytest.fixture
def at(account, kube, cloud, contents, environment):
    """A controller, a service account that may read one bucket, and a bound EFS claim."""
    account.cluster()
    account.bucket("data", sets__digits__train="1,2")
    account.pod_identity("team", "loader", allow("s3:ListBucket", "s3:GetObject"))
    system = account.nfs()
    kube.put(
        "PersistentVolume",
        "",
        "shared",
        spec={"csi": {"driver": "efs.csi.aws.com", "volumeHandle": system}},
    )
    drivers = [{"name": f"{short}.csi.aws.com"} for short in ("efs", "fsx")]
    kube.put("CSINode", "", "node-1", spec={"drivers": drivers})
    claim = {"spec": {"volumeName": "shared"}, "status": {"phase": "Bound"}}
    kube.put("PersistentVolumeClaim", "team", "shared", **claim)
    controllers = []

    def controller():
        controllers.append(Pods(kube, cloud, contents, environment))
        return controllers[-1]

    yield SimpleNamespace(
        account=account,
        kube=kube,
        cloud=cloud,
        contents=contents,
        environment=environment,
        new_controller=controller,
        controller=controller(),
        folder=environment.file_systems / system,
    )
    for one in controllers:
        one.stop()
