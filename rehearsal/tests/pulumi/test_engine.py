import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
import yaml
from pulumi import automation

from rehearsal.paths import Environment
from rehearsal.pulumi import engine, project_files
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


def test_plugins_are_found_where_the_user_has_installed_them(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "of-the-user"
    plugin = users / "plugins" / "resource-kubernetes-v4.34.2"
    plugin.mkdir(parents=True)
    monkeypatch.setenv("PULUMI_HOME", str(users))
    engine_home = Path(engine.variables(environment)["PULUMI_HOME"])
    assert engine_home != users, "whose credentials are not used"
    assert (engine_home / "plugins" / plugin.name).is_dir()
    monkeypatch.setenv("PULUMI_HOME", str(engine_home))
    assert engine.variables(environment)["PULUMI_HOME"] == str(engine_home)
    assert (engine_home / "plugins" / plugin.name).is_dir(), "in the rehearsal's own shell too"


def test_plugins_are_found_in_the_default_home_of_pulumi(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    plugins = Path(engine.variables(environment)["PULUMI_HOME"]) / "plugins"
    assert plugins.readlink() == tmp_path / ".pulumi" / "plugins"
    (plugins.parent / "plugins").unlink()
    plugins.mkdir()
    (plugins / "resource-aws-v7.0.0").mkdir()
    assert engine.variables(environment)
    assert (plugins / "resource-aws-v7.0.0").is_dir(), "what is in the engine's own folder stays"


def test_a_real_kubernetes_provider_takes_its_charts_from_this_machine(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REHEARSAL_CHARTS", raising=False)
    assert "HTTPS_PROXY" not in engine.variables(environment)
    monkeypatch.setenv(engine.PLUGINS_VARIABLE, "kubernetes")
    proxy = f"http://127.0.0.1:{environment.ports.charts}"
    assert engine.variables(environment)["HTTPS_PROXY"] == proxy
    monkeypatch.setenv("REHEARSAL_CHARTS", "real")
    assert "HTTPS_PROXY" not in engine.variables(environment)


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
    monkeypatch.setattr(engine, "named", lambda _, key: "ops" if key == "aws:profile" else None)
    found = engine.variables(environment)
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"]
    session = botocore.session.Session(profile="ops")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, found[name])
    assert session.get_credentials().access_key == environment.credentials.access_key


def test_a_rehearsal_adds_the_address_that_a_person_would_add(environment: Environment) -> None:
    copy = project_files.prepare_project(environment) / "Pulumi.dev.yaml"
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


def test_operations_that_a_killed_update_left_are_named_once_and_forgotten(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    urn = "urn:pulumi:dev::tiny::tiny:net:Network$aws:ec2/vpc:Vpc::network-vpc"
    left = [{"type": "creating", "resource": {"urn": urn}}]
    state = {"resources": [{"urn": "urn:of:another"}], "pending_operations": left}
    imported: list[automation.Deployment] = []
    deployment = object.__new__(engine.Deployment)
    deployment.environment = environment
    deployment.stack = SimpleNamespace(  # type: ignore[assignment]
        export_stack=lambda: automation.Deployment(3, state), import_stack=imported.append
    )
    monkeypatch.setattr(engine, "has_pending_operations", lambda _: not imported)
    said: list[str] = []
    for _ in range(2):
        deployment.forget_pending_operations(said.append)
    assert said == [
        "operations that the last update did not finish, and that this one does again:",
        "    creating aws:ec2/vpc:Vpc network-vpc",
    ]
    assert [(one.version, one.deployment) for one in imported] == [
        (3, {"resources": [{"urn": "urn:of:another"}]})
    ]
