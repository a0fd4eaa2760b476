"""Stacks that are deployed into the account and the cluster of another stack."""

from __future__ import annotations

import json
from pathlib import Path

import botocore.session
import pytest
from click.testing import CliRunner

from rehearsal import records
from rehearsal.cli import main, shared
from rehearsal.paths import Environment, RehearsalError
from rehearsal.project import Settings
from rehearsal.pulumi import engine
from rehearsal.records import Record
from rehearsal.report.page import of_stack


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    return tmp_path


def test_a_stack_uses_the_environment_of_another_one_and_remembers_it() -> None:
    owner = Environment.of("owner")
    guest = Environment.of("guest", "owner")
    assert (guest.root, guest.ports, guest.credentials) == (
        owner.root,
        owner.ports,
        owner.credentials,
    )
    assert guest.stack == "guest"
    assert Environment.of("guest") == guest == Environment.of("guest", "owner")
    assert Environment.of("owner") == owner


def test_a_guest_of_a_guest_uses_the_same_environment() -> None:
    owner = Environment.of("owner")
    Environment.of("guest", "owner")
    assert Environment.of("third", "guest").root == owner.root


def test_an_environment_that_is_not_there_is_not_made_for_a_guest(home: Path) -> None:
    with pytest.raises(RehearsalError, match="rehearsal up -s owner"):
        Environment.of("guest", "owner")
    assert not (home / "environments").exists()


def test_a_stack_with_an_environment_does_not_move_by_itself() -> None:
    Environment.of("owner")
    own = Environment.of("settled")
    with pytest.raises(RehearsalError, match="already uses the environment of settled"):
        Environment.of("settled", "owner")
    assert Environment.of("settled") == own
    Environment.of("other")
    Environment.of("guest", "owner")
    with pytest.raises(RehearsalError, match="already uses the environment of owner"):
        Environment.of("guest", "other")


def test_a_user_cluster_is_looked_for_among_owners_only(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Environment.of("owner")
    Environment.of("guest", "owner")
    kubeconfig = home / "config"
    kubeconfig.write_text("current-context: theirs\n")
    monkeypatch.setenv("REHEARSAL_KUBECONFIG", str(kubeconfig))
    assert Environment.of("another").user_cluster


def test_the_command_takes_the_other_stack_by_an_option(home: Path) -> None:
    owner = Environment.of("owner")
    runner = CliRunner()
    told = runner.invoke(main, ["cloud", "status", "-s", "guest", "--environment", "owner"])
    assert str(owner.ports.cloud) not in told.output, "nothing runs"
    record = json.loads((home / "environments" / "guest" / "environment.json").read_text())
    assert record == {"stack": "guest", "environment": "owner"}
    runner.invoke(main, ["cloud", "stop", "-s", "guest"])
    assert not (home / "environments" / "guest" / "run").exists(), "it stops the owner's"


def test_the_settings_of_a_program_name_the_other_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Environment.of("owner")
    monkeypatch.setattr(shared, "settings", lambda: Settings(environments={"guest": "owner"}))
    assert shared.used_by("guest").root == owner.root
    assert shared.used_by("guest").stack == "guest"
    assert shared.used_by("owner") == owner


def test_stacks_that_share_an_environment_keep_their_profiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = Environment.of("owner")
    guest = Environment.of("guest", "owner")
    monkeypatch.setattr(engine, "named", lambda stack, _: f"{stack}-profile")
    engine.write_profile(owner)
    engine.write_profile(guest)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(owner.aws_configuration))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(owner.aws_configuration))
    for profile in ("owner-profile", "guest-profile"):
        credentials = botocore.session.Session(profile=profile).get_credentials()
        assert credentials.access_key == owner.credentials.access_key


def test_the_page_of_a_stack_shows_no_updates_of_the_other_one() -> None:
    owner, guest = Environment.of("owner"), Environment.of("guest", "owner")
    for stack in ("owner", "guest", ""):
        records.add(owner, Record("update", "up", "", stack, 0, 0, 1.0))
    records.add(owner, Record("pod", "ns/pod", "", "", 0, 0, 1.0))
    assert [one.target for one in of_stack(records.read(guest), "guest")] == ["guest", "", ""]
