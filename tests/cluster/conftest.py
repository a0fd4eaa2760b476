"""A world that nothing runs in."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.places import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    return World.of("test")
