"""The processes of a rehearsal leave out what they have no use for when they are imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.imports import without
from rehearsal.paths import ENVIRONMENT_VARIABLE, HOME_VARIABLE, Environment


def asked(code: str, **variables: str) -> str:
    """Return the output of a Python process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


@pytest.mark.parametrize("server", ["language_host", "providers.aws", "providers.kubernetes"])
def test_a_server_of_pulumis_protocol_serves_without_the_sdk(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    code = f"""
import runpy, sys, grpc
def serve(*_, **__):
    print("pulumi.runtime.proto" in sys.modules, "pulumi.resource" in sys.modules)
    sys.exit()
grpc.server = serve
runpy.run_module("rehearsal.pulumi.{server}", run_name="__main__")
"""
    assert asked(code, **{ENVIRONMENT_VARIABLE: str(Environment.of("dev").root)}) == "True False"


def test_the_language_host_starts_without_a_parser_of_yaml_and_a_reader_of_packages() -> None:
    code = """
import sys
from rehearsal.imports import leave_out_the_sdk
leave_out_the_sdk()
import rehearsal.pulumi.language_host.server
print([name for name in ("yaml", "importlib.metadata") if name in sys.modules])
"""
    assert asked(code) == "[]"


def test_the_controllers_do_without_the_client_of_kubernetes_and_without_cryptography() -> None:
    code = """
import sys
import rehearsal.kubernetes.controllers.__main__
import rehearsal.kubernetes.nodes
import rehearsal.kubernetes.tokens
print([name for name in ("kubernetes", "cryptography") if name in sys.modules])
"""
    assert asked(code) == "[]"


def test_the_emulated_cloud_reads_no_regions_offerings_before_one_is_asked_for() -> None:
    code = """
import sys
opened = []
sys.addaudithook(lambda name, given: opened.append(str(given[0])) if name == "open" else None)
import rehearsal.aws.__main__
read = [path for path in opened if "instance_type_offerings" in path]
from rehearsal.aws import extension
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
extension.install()
print(len(read), len(INSTANCE_TYPE_OFFERINGS["region"]["eu-central-1"]) > 100)
"""
    assert asked(code) == "0 True"


def test_a_package_that_was_left_out_is_found_again_afterwards() -> None:
    import calendar  # noqa: PLC0415

    with without("calendar"):
        try:
            import calendar as missing  # noqa: PLC0415
        except ImportError:
            missing = None  # type: ignore[assignment]
    import calendar as found  # noqa: PLC0415

    assert missing is None
    assert found is calendar
