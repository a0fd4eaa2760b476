import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from rehearsal.processes.guard import start_guard

# A busy machine makes an example slow, never wrong: they are judged by their outcome only.
settings.register_profile(
    "outcome", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("outcome")


@pytest.fixture(scope="session", autouse=True)
def _a_cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the digests of the tests' files out of the user's cache."""
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
def _no_failed_call_is_left_to_the_next_test() -> Iterator[None]:
    """Clear what Pulumi's SDK keeps for the end of a program: calls, failures and outputs.

    A call that a test did not wait for can come after its end, so that they are cleared before the
    next test too.
    """
    _clear_the_sdk()
    yield
    _clear_the_sdk()


def _clear_the_sdk() -> None:
    if runtime := sys.modules.get("pulumi.runtime.settings"):
        runtime._get_rpc_manager().clear()
        runtime.SETTINGS.outputs.clear()
