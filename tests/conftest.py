import sys

import pytest


@pytest.fixture(scope="module", autouse=True)
def _an_empty_account() -> None:
    """Each file of tests finds the emulated account empty: a process has one, whoever serves it."""
    backends = sys.modules.get("rehearsal.cloud.backends")
    if backends:
        backends.clear()
