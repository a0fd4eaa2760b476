"""Output, exit code and effect of `lfs`."""

import os
import subprocess
from pathlib import Path

import pytest

from rehearsal import records
from rehearsal.file_systems import programs, queue
from rehearsal.file_systems.lfs.command import main
from rehearsal.file_systems.worker import Worker
from tests.patience import until


@pytest.fixture
def asked(monkeypatch):
    """The commands of workers that would have been begun."""
    commands = []
    begin = lambda lock, command, *rest: commands.append(command)  # noqa: E731
    monkeypatch.setattr(queue.detached, "start_detached", begin)
    return commands


@pytest.fixture
def lfs(lustre, asked, capsys):
    """Runs lfs in the mounted folder; gives its exit status and what it printed."""
    folder = lustre.mount(lazy=True)

    def run(name, *paths, options=()):
        status = main([name, *options, *(str(folder / path) for path in paths)])
        printed = capsys.readouterr()
        return status, (printed.out + printed.err).replace(f"{folder}/", "")

    run.folder = folder
    return run


def work(lustre):
    Worker(lustre.environment, lustre.store, lustre.s3).run(idle_seconds=0.25)


def test_the_state_of_an_imported_file_is_lustres(lfs):
    assert lfs("hsm_state", "note") == (
        0,
        "note: (0x0000000d) released exists archived, archive_id:1\n",
    )


def test_the_states_of_a_files_life(lfs, lustre):
    (lfs.folder / "own").write_text("x")
    lustre.mount("digits")
    (lfs.folder / "digits/test").write_text("y")
    assert lfs("hsm_state", "own", "digits/train", "digits/test", "digits") == (
        0,
        "own: (0x00000000)\n"
        "digits/train: (0x00000009) exists archived, archive_id:1\n"
        "digits/test: (0x0000000b) exists dirty archived, archive_id:1\n"
        "digits: (0x00000000)\n",
    )


def test_an_error_is_told_and_the_other_files_are_shown(lfs):
    status, printed = lfs("hsm_state", "none", "digits/train")
    assert status == 2
    assert "lfs hsm_state: get HSM state for 'none' failed: No such file or directory\n" in printed
    assert "digits/train: (0x0000000d)" in printed


def test_a_path_that_is_not_on_lustre(lfs, tmp_path, capsys):
    assert main(["hsm_action", str(tmp_path)]) == 25
    said = f"lfs hsm_action: get hsm action for '{tmp_path}' failed: Inappropriate ioctl for device"
    assert capsys.readouterr().err.strip() == said
    assert main(["getname", str(tmp_path)]) == 25


def test_efs_is_not_lustre(account, contents):
    folder = contents.mount(account.nfs(), "us-west-2")
    assert main(["getname", str(folder)]) == 25


def test_a_restore_is_waited_for_until_nothing_is_done(lfs, lustre, asked):
    assert lfs("hsm_restore", "note") == (0, "")
    assert lfs("hsm_action", "note") == (0, "note: RESTORE waiting (from 0 to EOF)\n")
    assert lustre.store.index.take_actions("RESTORE", 9) == ["note"]
    assert lfs("hsm_action", "note") == (0, "note: RESTORE running (0 bytes moved)\n")
    assert "released" in lfs("hsm_state", "note")[1]
    work(lustre)
    assert lfs("hsm_action", "note") == (0, "note: NOOP\n")
    assert lfs("hsm_state", "note")[1] == "note: (0x00000009) exists archived, archive_id:1\n"
    assert (lfs.folder / "note").read_bytes() == b"n"


def test_how_far_a_restore_is_shows(lfs, lustre):
    lfs("hsm_restore", "note")
    lustre.store.index.take_actions("RESTORE", 9)
    with lustre.store.placing("note") as draft:
        draft.write_bytes(b"12345")
        assert "running (5 bytes moved)" in lfs("hsm_action", "note")[1]


def test_asking_how_far_it_is_begins_a_worker_if_none_is_at_work(lfs, lustre, asked):
    lustre.store.index.request("RESTORE", ["note"])
    lfs("hsm_action", "note")
    assert asked == [
        [
            asked[0][0],
            "-m",
            "rehearsal.file_systems.worker",
            str(lustre.environment.root),
            lustre.id,
        ]
    ]


def test_nothing_is_asked_for_a_file_that_is_here(lfs, lustre, asked):
    lustre.mount("note")
    assert lfs("hsm_restore", "note") == (0, "")
    assert asked == []


def test_a_file_that_was_changed_is_not_restored(lfs, lustre, asked):
    (lfs.folder / "digits/train").write_text("mine")
    status, printed = lfs("hsm_restore", "note", "digits/train", "digits/test")
    assert (status, printed) == (
        1,
        "Cannot send HSM request (use of note): Operation not permitted\n",
    )
    assert lustre.store.index.action("note") == ("RESTORE", False)
    assert lustre.store.index.action("digits/test") is None


def test_a_restore_that_fails_leaves_the_file_released(lfs, lustre):
    lustre.s3.delete_object(Bucket="data", Key="sets/note")
    lfs("hsm_restore", "note")
    work(lustre)
    assert lfs("hsm_action", "note") == (0, "note: NOOP\n")
    assert "released" in lfs("hsm_state", "note")[1]


def test_a_file_is_exported_to_the_export_path(lfs, lustre):
    file = lfs.folder / "models" / "m1"
    file.parent.mkdir()
    file.write_bytes(b"model")
    file.chmod(0o640)
    assert lfs("hsm_archive", "models/m1") == (0, "")
    assert lfs("hsm_action", "models/m1") == (
        0,
        "models/m1: ARCHIVE waiting (from 0 to EOF)\n",
    )
    work(lustre)
    assert lfs("hsm_state", "models/m1")[1].split(") ")[1] == "exists archived, archive_id:1\n"
    stored = lustre.s3.get_object(Bucket="data", Key="out/models/m1")
    assert stored["Body"].read() == b"model"
    assert stored["Metadata"]["file-permissions"] == "0100640"
    (export,) = records.read(lustre.environment, "export")
    assert (export.files, export.bytes, export.target) == (1, 5, "s3://data/out/")


def test_what_was_exported_can_be_released_and_comes_back_as_it_was(lfs, lustre):
    file = lfs.folder / "own"
    file.write_bytes(b"x" * 9000)
    file.chmod(0o640)
    before = file.stat()
    lfs("hsm_archive", "own")
    work(lustre)
    assert lfs("hsm_release", "own") == (0, "")
    assert (file.stat().st_size, file.stat().st_blocks) == (9000, 0)
    assert "released" in lfs("hsm_state", "own")[1]
    lustre.mount("own")
    assert file.read_bytes() == b"x" * 9000
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert file.stat().st_mode == before.st_mode


def test_only_what_the_bucket_has_is_released(lfs, lustre):
    (lfs.folder / "own").write_text("x")
    said = "Cannot send HSM request (use of own): Operation not permitted\n"
    assert lfs("hsm_release", "own") == (1, said)
    lustre.mount("note")
    lustre.contents.unmount("")
    (lfs.folder / "note").write_text("changed")
    assert lfs("hsm_release", "note")[0] == 1
    assert (lfs.folder / "note").read_text() == "changed"


def test_what_a_program_may_read_is_not_released(lfs, lustre):
    lustre.mount("digits", holder="pod")
    said = "Cannot send HSM request (use of digits/train): Device or resource busy\n"
    assert lfs("hsm_release", "digits/train") == (16, said)
    lustre.contents.unmount("pod")
    assert lfs("hsm_release", "digits/train") == (0, "")


def test_a_file_system_that_exports_nowhere_has_no_one_to_archive(account, contents, capsys):
    system = account.lustre()["FileSystemId"]
    file = contents.mount(system, "us-west-2") / "own"
    file.write_text("x")
    assert main(["hsm_archive", str(file)]) == 11
    assert "Resource temporarily unavailable" in capsys.readouterr().err


def test_files_may_be_named_in_a_list(lfs, lustre, tmp_path):
    names = tmp_path / "names"
    names.write_text(f"{lfs.folder}/note\n{lfs.folder}/digits/train\n")
    assert main(["hsm_restore", "--filelist", str(names)]) == 0
    assert lustre.store.index.take_actions("RESTORE", 9) == ["note", "digits/train"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["hsm_state"], 4, "usage: hsm_state FILE"),
        (["hsm_restore", "--force", "f"], 4, "unrecognized option '--force'"),
        (["quota"], 1, "lfs: 'quota' is not a valid command. See 'lfs --list-commands'."),
        (["--version"], 0, "lfs 2.15"),
    ],
)
def test_command_lines(arguments, status, said, capsys):
    assert main(arguments) == status
    printed = capsys.readouterr()
    assert said in printed.out + printed.err


def test_directories_are_not_archived(lfs):
    assert lfs("hsm_archive", "digits")[1].endswith('error: "digits" is not a regular file\n')


def test_the_long_form_of_a_command_is_the_command(lfs):
    assert main(["hsm", "state", str(lfs.folder / "note")]) == 0


def test_the_name_of_a_file_system_is_its_mount_name(lfs, lustre, account, capsys):
    system = lustre.contents.describe(lustre.id, "us-west-2")
    name = system["LustreConfiguration"]["MountName"]
    assert main(["getname", str(lfs.folder)]) == 0
    assert capsys.readouterr().out.startswith(f"{name}-ffff")
    assert main(["getname", "-n", str(lfs.folder / "digits")]) == 0
    assert capsys.readouterr().out == f"{name}\n"


def test_a_program_without_credentials_of_its_own_restores_by_the_programs_folder(lustre):
    folder = lustre.mount(lazy=True)
    environment = {"PATH": f"{programs()}:{Path(os.sys.executable).parent}:/usr/bin:/bin"}

    def lfs(name):
        done = subprocess.run(
            ["lfs", name, folder / "note"], env=environment, capture_output=True, check=True
        )
        return done.stdout.decode()

    lfs("hsm_restore")
    until(lambda: "NOOP" in lfs("hsm_action"))
    assert (folder / "note").read_bytes() == b"n"
    assert "exists archived" in lfs("hsm_state")
