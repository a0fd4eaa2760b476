import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
import yaml

from rehearsal.paths import Environment, project
from rehearsal.pulumi import engine
from rehearsal.pulumi.language_host.config import filled
from tests.patience import PATIENCE

ADDED = {"sample:cluster": {"publicAccessCidrs": ["192.31.196.1/32"]}}


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(engine.PLUGINS_VARIABLE, raising=False)
    return Environment.of("dev")


def test_the_engine_attaches_to_all_three_servers(environment: Environment) -> None:
    attached = engine.variables(environment)["PULUMI_DEBUG_PROVIDERS"]
    ports = environment.ports
    assert attached == f"aws:{ports.aws},kubernetes:{ports.kubernetes},eks:{ports.eks}"


def test_a_provider_can_be_left_to_its_real_plugin(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(engine.PLUGINS_VARIABLE, "kubernetes,eks")
    assert engine.servers(environment) == [f"aws:{environment.ports.aws}"]


def test_a_provider_that_does_not_exist_cannot_be_left(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(engine.PLUGINS_VARIABLE, "azure")
    with pytest.raises(engine.StackError, match="aws, kubernetes, eks; it names azure"):
        engine.servers(environment)


def test_the_engine_is_kept_off_the_network_and_away_from_the_users_account(
    environment: Environment,
) -> None:
    found = engine.variables(environment)
    assert found["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert found["PULUMI_BACKEND_URL"].startswith("file://")
    assert found["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


def test_the_users_own_aws_configuration_is_never_read(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_named", lambda _, key: "ops" if key == "aws:profile" else None)
    found = engine.variables(environment)
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"]
    session = botocore.session.Session(profile="ops")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, found[name])
    assert session.get_credentials().access_key == environment.credentials.access_key


def test_the_salt_of_an_earlier_update_is_kept_in_the_copy_alone(environment: Environment) -> None:
    users = engine.stack_file("dev")
    before = users.read_bytes()
    copy = engine.prepare_project(environment) / users.name
    copy.write_text(f"{copy.read_text()}{engine.SALT}: v1:abc\n")
    engine.prepare_project(environment)
    found = yaml.safe_load(copy.read_text())
    assert found.pop(engine.SALT) == "v1:abc"
    assert found == {"config": filled(yaml.safe_load(before)["config"], ADDED)}
    assert users.read_bytes() == before


@pytest.mark.parametrize(
    ("settings", "moved"),
    [
        ({"runtime": "python"}, {"runtime": "python", "main": "program"}),
        (
            {"runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}},
            {
                "runtime": {
                    "name": "python",
                    "options": {"toolchain": "pip", "virtualenv": f"{project()}/venv"},
                },
                "main": "program",
            },
        ),
        (
            {"runtime": {"name": "python"}, "main": "infra/"},
            {"runtime": {"name": "python"}, "main": "program/infra"},
        ),
    ],
)
def test_the_folders_that_a_project_names_are_those_of_the_users(
    settings: dict[str, Any], moved: dict[str, Any]
) -> None:
    assert engine._moved(settings, "program") == moved


def test_a_stack_without_a_file_is_named_with_those_there_are() -> None:
    with pytest.raises(engine.StackError, match=r"no Pulumi\.nowhere\.yaml.*dev, prod"):
        engine.stack_file("nowhere")


def test_a_rehearsal_adds_the_address_that_a_person_would_add(environment: Environment) -> None:
    copy = engine.prepare_project(environment) / "Pulumi.dev.yaml"
    found = yaml.safe_load(copy.read_text())["config"]["sample:cluster"]
    assert found["publicAccessCidrs"] == ["192.31.196.1/32"]


def test_what_a_stack_file_says_is_never_replaced_by_what_a_rehearsal_adds() -> None:
    given = {"sample:cluster": {"publicAccessCidrs": [], "version": "1.36"}}
    assert filled(given, ADDED) == given


def test_outputs_are_asked_for_with_and_without_their_secrets_at_the_same_time(
    tmp_path: Path,
) -> None:
    both = threading.Barrier(2, timeout=PATIENCE)
    shown = {"a": "[secret]", "b": 1}

    class Engine:
        def run(self, asked: list[str], *_: Any) -> Any:
            both.wait()
            plain = {**shown, "a": "hush"}
            said = plain if "--show-secrets" in asked else shown
            return SimpleNamespace(stdout=json.dumps(said))

    workspace = engine.Workspace(work_dir=str(tmp_path), pulumi_command=Engine())  # type: ignore[arg-type]
    found = workspace.stack_outputs("dev")
    assert {name: (one.value, one.secret) for name, one in found.items()} == {
        "a": ("hush", True),
        "b": (1, False),
    }
