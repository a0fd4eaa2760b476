"""Claims on single directories: each shows its directory alone, and one for reading only reads."""

import subprocess
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.storage import backends
from components.storage.content_pods import SCRIPTS
from components.storage.directory_claim_spec import DirectoryClaimSpec
from components.storage.directory_claims import DirectoryClaims
from components.storage.storages import Mounted, mount
from tests.components.storage.samples import SPECS, Volume, wiring
from tests.mocks import Deployment, deploy

TEAM = DirectoryClaimSpec(
    namespace="team-a", directory="teams/a", uid=2001, gid=2002, permissions="0770"
)
COMMON = DirectoryClaimSpec(
    namespace="team-a", directory="common", access_mode="ReadOnlyMany", permissions="0755"
)


def claims(backend: str, **specs: DirectoryClaimSpec) -> Deployment:
    def program() -> None:
        file_system = backends.file_system("storage", SPECS[backend], wiring())
        driver: Any = Volume("driver")
        mounts: dict[str, Mounted] = mount(
            "mount",
            {backend: file_system},
            {
                "drivers": {file_system.driver_name: driver},
                "nodes_security_groups": {"nodes": "sg-nodes"},
                "namespaces": {"training": "training"},
                "active": backend,
                "mount_path": "/data",
            },
            pulumi.ResourceOptions(),
        )
        made = DirectoryClaims(
            "directories",
            {
                "claims": specs,
                "storages": mounts,
                "active": backend,
                "namespaces": {"team-a": "team-a", "training": "training"},
            },
            pulumi.ResourceOptions(depends_on=[driver]),
        )
        pulumi.export("claims", {key: one.name for key, one in made.by_name.items()})
        pulumi.export("mount", file_system.mount_name)

    return deploy(program)


@pytest.mark.parametrize("backend", SPECS)
def test_a_claim_is_in_its_namespace_on_a_volume_of_its_own(backend: str) -> None:
    made = claims(backend, results=TEAM)
    claim = made.one(":PersistentVolumeClaim", "directories-results").inputs
    volume = made.one(":PersistentVolume", "directories-results-volume").inputs
    assert claim["metadata"] == {"name": "results", "namespace": "team-a"}
    assert volume["metadata"]["name"] == claim["spec"]["volumeName"] == "results-team-a"
    assert volume["spec"]["claimRef"] == {"namespace": "team-a", "name": "results"}
    assert made.exports["claims"] == {"results": "results"}


def test_on_efs_the_directory_is_the_root_of_an_access_point_with_its_owner() -> None:
    made = claims("efs", results=TEAM)
    point = made.one(":AccessPoint", "directories-results-access-point").inputs
    assert point["posixUser"] == {"uid": 2001, "gid": 2002}
    assert point["rootDirectory"] == {
        "path": "/shared/teams/a",
        "creationInfo": {"ownerUid": 2001, "ownerGid": 2002, "permissions": "0770"},
    }
    volume = made.one(":PersistentVolume", "directories-results-volume").inputs["spec"]
    assert "::" in volume["csi"]["volumeHandle"]
    assert "ro" not in volume["mountOptions"]
    assert made.of_type(":Job") == [], "EFS makes it"


def test_on_s3_files_too_and_nobody_reads() -> None:
    made = claims("s3files", results=TEAM, data=COMMON)
    point = made.one(":FilesAccessPoint", "directories-results-access-point").inputs
    assert point["posixUsers"] == [{"uid": 2001, "gid": 2002}]
    (root,) = point["rootDirectories"]
    assert root["path"] == "/teams/a"
    assert root["creationPermissions"] == [
        {"ownerUid": 2001, "ownerGid": 2002, "permissions": "0770"}
    ]
    read = made.one(":FilesAccessPoint", "directories-data-access-point").inputs
    assert read["posixUsers"] == [{"uid": 65534, "gid": 65534}]
    volume = made.one(":PersistentVolume", "directories-results-volume").inputs["spec"]
    assert volume["csi"]["volumeHandle"].startswith("s3files:")
    assert made.of_type(":Job") == [], "S3 Files makes it"


def test_on_lustre_the_volume_is_the_directory_behind_the_mount_name() -> None:
    made = claims("fsx", results=TEAM)
    volume = made.one(":PersistentVolume", "directories-results-volume")
    attributes = volume.inputs["spec"]["csi"]["volumeAttributes"]
    assert attributes["mountname"] == f"{made.exports['mount']}/teams/a"
    job = made.one(":Job", "directories-results-directory-job")
    assert job in made.waits_for(volume), "Lustre mounts a directory that is there"
    container = job.inputs["spec"]["template"]["spec"]["containers"][0]
    variables = {one["name"]: one["value"] for one in container["env"]}
    assert (
        variables.items() >= {"DIRECTORY": "teams/a", "OWNER": "2001:2002", "MODE": "0770"}.items()
    )
    mounted = job.inputs["spec"]["template"]["spec"]["volumes"][0]["persistentVolumeClaim"]
    assert mounted == {"claimName": "shared"}
    assert job.inputs["metadata"]["namespace"] == "training", "where there is such a claim"


@pytest.mark.parametrize("backend", SPECS)
def test_a_claim_for_reading_is_mounted_so_in_the_mode_that_its_driver_takes(backend: str) -> None:
    spec = claims(backend, data=COMMON).one(":PersistentVolume", "directories-data-volume").inputs
    assert "ro" in spec["spec"]["mountOptions"]
    assert spec["spec"]["accessModes"] == ["ReadWriteMany"], "both drivers refuse ReadOnlyMany"


def test_on_efs_a_claim_for_reading_acts_as_nobody_who_owns_nothing() -> None:
    point = claims("efs", data=COMMON).one(":AccessPoint", "directories-data-access-point").inputs
    assert point["posixUser"] == {"uid": 65534, "gid": 65534}
    assert point["rootDirectory"]["creationInfo"]["ownerUid"] == 1000


@pytest.mark.parametrize("backend", SPECS)
def test_the_claims_go_before_the_driver_does(backend: str) -> None:
    made = claims(backend, results=TEAM)
    driver = made.one(":Volume", "driver").urn
    for kind in (":PersistentVolume", ":PersistentVolumeClaim"):
        for each in made.of_type(kind):
            assert driver in made.waits_in_the_end_for(each)


def run_script(storage: Path, directory: str, owner: str, mode: str) -> str:
    script = "".join((SCRIPTS / f"{one}.sh").read_text() for one in ("contents", "directories"))
    environment = {
        "STORAGE": str(storage),
        "DIRECTORY": directory,
        "OWNER": owner,
        "MODE": mode,
        "PATH": "/usr/bin:/bin",
    }
    return subprocess.run(
        ["bash", "-c", script], env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_the_script_makes_the_directory_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    here = tmp_path.stat()
    owner = f"{here.st_uid}:{here.st_gid}"
    assert "made teams/a" in run_script(tmp_path, "teams/a", owner, "0750")
    made = tmp_path / "teams" / "a"
    (made / "result").write_text("kept")
    run_script(tmp_path, "teams/a", owner, "0770")
    assert made.stat().st_mode & 0o777 == 0o770
    assert (made / "result").read_text() == "kept"
