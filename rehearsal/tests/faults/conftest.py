"""An environment whose faults this process asks for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.faults import active
from rehearsal.paths import Environment


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path / "home"))
    found = Environment.of("dev")
    active.follow(found)
    yield found
    active.follow(None)
