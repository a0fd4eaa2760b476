"""Logs that `rehearsal logs` finds, and their form in print."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from rehearsal import logs
from rehearsal.places import Ports, World, WorldError


@pytest.fixture
def world(tmp_path):
    world = World("dev", tmp_path, Ports(**dict.fromkeys(Ports.__dataclass_fields__, 1)))
    write(world, "cloud.log", "the cloud's\n")
    write(world, "training-jobs/digits-1a2b.log", "[0] merror 0.5\n")
    for pod, owner in (("load-x1", "load"), ("load-x2", "load"), ("serve-5f-y1", "serve-5f serve")):
        write(world, f"pods/team/{pod}/main.log", f"{pod} says\n")
        write(world, f"pods/team/{pod}/owners", owner)
    write(world, "pods/team/serve-5f-y1/sidecar.log", "beside\n")
    write(world, "pods/team/sync-0123abcd-z1/main.log", "synced\n")
    write(world, "pods/team/sync-0123abcd-z1/owners", "sync-0123abcd")
    return world


def write(world, name, text):
    file = world.logs / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def printed(world, name):
    output = io.StringIO()
    logs.print_logs(world, name, follow=False, console=Console(file=output, width=40))
    return output.getvalue()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cloud", ["cloud"]),
        ("digits", ["digits-1a2b"]),
        ("digits-1a2b", ["digits-1a2b"]),
        ("load-x1", ["load-x1 main"]),
        ("team/load-x1", ["load-x1 main"]),
        ("load", ["load-x1 main", "load-x2 main"]),
        ("serve", ["serve-5f-y1 main", "serve-5f-y1 sidecar"]),
        ("sync", ["sync-0123abcd-z1 main"]),
        ("sync-0123abcd", ["sync-0123abcd-z1 main"]),
        ("syn", []),
        ("loa", []),
        ("other/load-x1", []),
    ],
)
def test_a_name_is_a_pods_a_jobs_a_deployments_a_training_jobs_or_a_processs(world, name, expected):
    assert sorted(log.label for log in logs.find(world, name)) == expected


def test_lines_say_whose_they_are_only_where_there_are_several(world):
    assert printed(world, "cloud") == "the cloud's\n"
    assert set(printed(world, "load").splitlines()) == {
        "load-x1 main | load-x1 says",
        "load-x2 main | load-x2 says",
    }


def test_a_line_is_printed_as_it_is_however_long(world):
    line = "[red]0[/red] 'x' " + "long " * 40
    write(world, "cloud.log", line + "\n")
    assert printed(world, "cloud") == line + "\n"


def test_a_name_without_a_log_is_answered_with_those_that_have_one(world):
    with pytest.raises(WorldError, match=r"These have: cloud, digits-1a2b, load, serve, serve-5f"):
        printed(world, "nothing")


def test_what_is_added_is_followed_a_whole_line_at_a_time_and_new_pods_join(world, monkeypatch):
    output = io.StringIO()
    steps = iter(
        [
            lambda: write(world, "pods/team/load-x1/main.log", "load-x1 says\nmo"),
            lambda: write(world, "pods/team/load-x1/main.log", "load-x1 says\nmore\n"),
            lambda: (
                write(world, "pods/team/load-x3/owners", "load"),
                write(world, "pods/team/load-x3/main.log", "new\n"),
            ),
        ]
    )

    def sleep(_seconds):
        try:
            next(steps)()
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(logs.time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        logs.print_logs(world, "load", follow=True, console=Console(file=output))
    assert output.getvalue().splitlines()[2:] == ["load-x1 main | more", "load-x3 main | new"]


def test_a_log_that_was_emptied_is_read_from_its_beginning(world):
    (log,) = logs.find(world, "cloud")
    list(log.lines(whole=True))
    write(world, "cloud.log", "new\n")
    assert list(log.lines(whole=True)) == ["new"]
