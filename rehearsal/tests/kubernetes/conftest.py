"""An environment that nothing runs in."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.paths import Environment


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    return Environment.of("test")
