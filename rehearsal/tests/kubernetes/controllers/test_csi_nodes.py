from rehearsal.kubernetes.controllers.csi.nodes import NodeDrivers
from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.workqueue import PARKED

NODE, CSI_NODE = Key("Node", "", "node-1"), Key("CSINode", "", "node-1")
FSX, EFS = "fsx.csi.aws.com", "efs.csi.aws.com"


def run(kube, app, node="node-1"):
    return kube.put(
        "Pod",
        "kube-system",
        f"{app}-{node}",
        metadata={"name": app, "labels": {"app": app}},
        spec={"nodeName": node},
        status={"phase": "Running"},
    )


def registered(kube):
    return [one["name"] for one in kube.get(CSI_NODE)["spec"]["drivers"]]


def test_a_node_has_the_drivers_whose_pods_run_on_it(kube):
    run(kube, "fsx-csi-node")
    run(kube, "efs-csi-node", node="node-2")
    assert NodeDrivers(kube).reconcile(NODE) is PARKED
    assert registered(kube) == [FSX]


def test_a_driver_is_taken_off_a_node_with_its_pod(kube):
    pod = run(kube, "fsx-csi-node")
    NodeDrivers(kube).reconcile(NODE)
    kube.delete(pod)
    NodeDrivers(kube).reconcile(NODE)
    assert registered(kube) == []


def test_the_drivers_of_others_stay_registered(kube):
    kube.put("CSINode", "", "node-1", spec={"drivers": [{"name": "ebs.csi.aws.com"}]})
    run(kube, "efs-csi-node")
    NodeDrivers(kube).reconcile(NODE)
    assert registered(kube) == ["ebs.csi.aws.com", EFS]


def test_a_csinode_without_drivers_is_one_with_none(kube):
    kube.put("CSINode", "", "node-1", spec={"drivers": None})
    run(kube, "efs-csi-node")
    NodeDrivers(kube).reconcile(NODE)
    assert registered(kube) == [EFS]


def test_a_start_up_taint_goes_when_its_driver_runs_and_not_before(kube):
    taints = [{"key": f"{name}/agent-not-ready", "effect": "NoExecute"} for name in (FSX, EFS)]
    kube.patch(NODE, {"spec": {"taints": [*taints, {"key": "gpu", "effect": "NoSchedule"}]}})
    run(kube, "fsx-csi-node")
    NodeDrivers(kube).reconcile(NODE)
    kept = [taint["key"] for taint in kube.get(NODE)["spec"]["taints"]]
    assert kept == [f"{EFS}/agent-not-ready", "gpu"]


def test_a_real_node_of_a_users_cluster_is_left_to_its_kubelet(kube):
    kube.put("Node", "", "theirs", metadata={"name": "theirs"}, spec={})
    run(kube, "efs-csi-node", node="theirs")
    assert NodeDrivers(kube).reconcile(Key("Node", "", "theirs")) is None
    assert kube.get(Key("CSINode", "", "theirs")) is None
