import pytest

from rehearsal.kubernetes.controllers.csi.driver import Refused, VolumeRequest
from rehearsal.kubernetes.controllers.csi.efs import client_token, create_request, directory

CLASS = {"provisioningMode": "efs-ap", "fileSystemId": "fs-1", "directoryPerms": "700"}


def request(name: str = "pvc-1", **parameters: str) -> VolumeRequest:
    return VolumeRequest(name, 1, CLASS | parameters, "claim", "team")


def test_a_volume_is_an_access_point_with_a_directory_and_an_identity_of_its_own():
    assert create_request(request(basePath="/dynamic"), taken=[50000]) == {
        "ClientToken": "pvc-1",
        "FileSystemId": "fs-1",
        "PosixUser": {"Uid": 50001, "Gid": 50001},
        "RootDirectory": {
            "Path": "/dynamic/pvc-1",
            "CreationInfo": {"OwnerUid": 50001, "OwnerGid": 50001, "Permissions": "700"},
        },
        "Tags": [{"Key": "efs.csi.aws.com/cluster", "Value": "true"}],
    }


def test_an_identity_that_the_class_names_is_taken():
    made = create_request(request(uid="1000", gid="2000"))
    assert made["PosixUser"] == {"Uid": 1000, "Gid": 2000}


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({}, "/pvc-1"),
        ({"basePath": "a/b/"}, "/a/b/pvc-1"),
        ({"subPathPattern": "${.PVC.namespace}/${.PVC.name}"}, "/team/claim-1"),
        ({"subPathPattern": "/${.PVC.name}", "ensureUniqueDirectory": "false"}, "/claim"),
    ],
)
def test_the_directory_follows_from_the_class_and_the_claim(parameters, path):
    assert directory(request(**parameters)) == path


def test_a_reused_access_point_is_found_by_the_claims_name_in_any_cluster():
    reused = {"reuseAccessPoint": "true"}
    assert client_token(request("pvc-1", **reused)) == client_token(request("pvc-2", **reused))
    assert client_token(request("pvc-1")) != client_token(request("pvc-2"))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"provisioningMode": ""}, "Missing provisioningMode"),
        ({"provisioningMode": "efs-dir"}, "efs-dir is not supported"),
        ({"fileSystemId": ""}, "Missing fileSystemId"),
        ({"directoryPerms": ""}, "Missing directoryPerms"),
        ({"uid": "root"}, "invalid uid: root"),
        ({"gidRangeStart": "7", "gidRangeEnd": "7"}, "free GID in 7-7"),
        ({"subPathPattern": "${.PVC.color}"}, "is not one of .PV.name"),
        ({"basePath": "/a/b/c/d"}, "four levels"),
    ],
)
def test_a_class_that_the_driver_refuses_is_told_why(parameters, message):
    with pytest.raises(Refused, match=message):
        create_request(request(**parameters), taken=[7])
