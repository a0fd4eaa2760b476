"""Logs that `rehearsal logs` finds, and their form in print."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from rehearsal import logs
from rehearsal.paths import Environment, Ports, RehearsalError


@pytest.fixture
def environment(tmp_path):
    environment = Environment(
        "dev", tmp_path, Ports(**dict.fromkeys(Ports.__dataclass_fields__, 1))
    )
    write(environment, "cloud.log", "the cloud's\n")
    write(environment, "training-jobs/digits-1a2b.log", "[0] merror 0.5\n")
    for pod, owner in (("load-x1", "load"), ("load-x2", "load"), ("serve-5f-y1", "serve-5f serve")):
        write(environment, f"pods/team/{pod}/main.log", f"{pod} says\n")
        write(environment, f"pods/team/{pod}/owners", owner)
    write(environment, "pods/team/serve-5f-y1/sidecar.log", "beside\n")
    write(environment, "pods/team/sync-0123abcd-z1/main.log", "synced\n")
    write(environment, "pods/team/sync-0123abcd-z1/owners", "sync-0123abcd")
    return environment


def write(environment, name, text):
    file = environment.logs / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def printed(environment, name):
    output = io.StringIO()
    logs.print_logs(environment, name, follow=False, console=Console(file=output, width=40))
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
def test_a_name_is_a_pods_a_jobs_a_deployments_a_training_jobs_or_a_processs(
    environment, name, expected
):
    assert sorted(log.label for log in logs.find(environment, name)) == expected


def test_lines_say_whose_they_are_only_where_there_are_several(environment):
    assert printed(environment, "cloud") == "the cloud's\n"
    assert set(printed(environment, "load").splitlines()) == {
        "load-x1 main | load-x1 says",
        "load-x2 main | load-x2 says",
    }


def test_a_line_is_printed_as_it_is_however_long(environment):
    line = "[red]0[/red] 'x' " + "long " * 40
    write(environment, "cloud.log", line + "\n")
    assert printed(environment, "cloud") == line + "\n"


def test_a_name_without_a_log_is_answered_with_those_that_have_one(environment):
    with pytest.raises(
        RehearsalError, match=r"These have: cloud, digits-1a2b, load, serve, serve-5f"
    ):
        printed(environment, "nothing")


def test_what_is_added_is_followed_a_whole_line_at_a_time_and_new_pods_join(
    environment, monkeypatch
):
    output = io.StringIO()
    steps = iter(
        [
            lambda: write(environment, "pods/team/load-x1/main.log", "load-x1 says\nmo"),
            lambda: write(environment, "pods/team/load-x1/main.log", "load-x1 says\nmore\n"),
            lambda: (
                write(environment, "pods/team/load-x3/owners", "load"),
                write(environment, "pods/team/load-x3/main.log", "new\n"),
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
        logs.print_logs(environment, "load", follow=True, console=Console(file=output))
    assert output.getvalue().splitlines()[2:] == ["load-x1 main | more", "load-x3 main | new"]


def test_a_log_that_was_emptied_is_read_from_its_beginning(environment):
    (log,) = logs.find(environment, "cloud")
    list(log.lines(whole=True))
    write(environment, "cloud.log", "new\n")
    assert list(log.lines(whole=True)) == ["new"]
