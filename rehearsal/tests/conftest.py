import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from rehearsal.paths import binaries
from rehearsal.processes.guard import start_guard

# A busy machine makes an example slow, never wrong: they are judged by their outcome only.
settings.register_profile(
    "outcome", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("outcome")

PROGRAM = Path(__file__).parent / "program"
os.environ["REHEARSAL_PROJECT"] = str(PROGRAM)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test that needs built programs before it waits for one that is not there."""
    if item.get_closest_marker("rehearsal") and not (binaries() / "cluster").exists():
        build = f"REHEARSAL_PROJECT={PROGRAM} python -m rehearsal.tools"
        pytest.fail(f"{binaries()} has no programs: run `{build}` once", pytrace=False)


@pytest.fixture(scope="session", autouse=True)
def _a_cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests' files out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _nothing_outlives_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """End the rehearsals in the tests' folders, even if the tests are killed."""
    guard = start_guard(tmp_path_factory.getbasetemp(), keep=True)
    yield
    guard.communicate()


@pytest.fixture(autouse=True)
def _a_umask_of_its_own() -> Iterator[None]:
    """Give each test the umask of most users, which the command changes for its whole process."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="module", autouse=True)
def _an_empty_account() -> None:
    """Each file of tests finds the emulated account empty: a process has one, whoever serves it."""
    backends = sys.modules.get("rehearsal.aws.backends")
    if backends:
        backends.clear()
