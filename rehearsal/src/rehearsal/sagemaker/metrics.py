"""Extract the metrics that a container prints, as SageMaker does: by expressions over its log."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = "metrics.json"
_ROUND = re.compile(r"\[(\d+)\](?=#011)")
_PAIR = re.compile(r"#011(train|validation)-([^:#\s]+):([-+0-9.eEinfa]+)")
_WRITE_SECONDS = 1.0


@dataclass
class Metrics:
    """Metrics of a job so far, which are also written to a file for the report."""

    file: Path
    definitions: list[Mapping[str, str]] = field(default_factory=list)
    rounds: list[dict[str, float]] = field(default_factory=list)
    _final: dict[str, tuple[float, float]] = field(default_factory=dict)
    _written: float = 0.0

    def read(self, line: str) -> None:
        """Search a line of the log for metrics; a tab in it is #011."""
        now = time.time()
        if found := _ROUND.search(line):
            values = {f"{data}-{name}": float(text) for data, name, text in _PAIR.findall(line)}
            if values:
                self.rounds.append({"round": int(found[1]), **values})
                self._final |= {
                    name.replace("-", ":", 1): (value, now) for name, value in values.items()
                }
                self._write_now_and_then()
        for definition in self.definitions:
            if match := re.search(definition["Regex"], line):
                self._note(definition["Name"], match, now)

    def _note(self, name: str, match: re.Match[str], now: float) -> None:
        try:
            self._final[name] = float(match[1]), now
        except (IndexError, ValueError):
            return  # SageMaker also takes only numbers in the first group

    @property
    def final(self) -> list[dict[str, Any]]:
        """Last value of each metric, as FinalMetricDataList with times in seconds."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": when}
            for name, (value, when) in sorted(self._final.items())
        ]

    def write(self) -> None:
        """Write the file completely."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps(self.rounds))
        draft.replace(self.file)
        self._written = time.monotonic()

    def _write_now_and_then(self) -> None:
        if time.monotonic() - self._written > _WRITE_SECONDS:
            self.write()
