"""Records what the validator of SageMaker's XGBoost container says of the sets in the table.

    git clone https://github.com/aws/sagemaker-xgboost-container
    python tests/sagemaker/record_xgboost_verdicts.py sagemaker-xgboost-container

Sets are added to xgboost_verdicts.json by hand; this fills in the verdicts and the commit. It
wants nothing but Python: the validator needs no other package of the container.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("xgboost_verdicts.json")
PACKAGE = "sagemaker_xgboost_container.algorithm_mode"
LONGEST = 160


def main(checkout: Path) -> None:
    """Ask the validator of a checkout about every set, and write the table anew."""
    source = checkout / "src"
    sys.path.insert(0, str(source))
    package = types.ModuleType(PACKAGE)  # its own __init__ starts the container's model server
    package.__path__ = [str(source.joinpath(*PACKAGE.split(".")))]
    sys.modules[PACKAGE] = package
    validation = importlib.import_module(f"{PACKAGE}.hyperparameter_validation")
    metrics = importlib.import_module(f"{PACKAGE}.metrics")
    table = json.loads(TABLE.read_text())
    sets = [
        {"given": one["given"], "refusal": refusal(validation, metrics, one["given"])}
        for one in table.pop("sets")
    ]
    show = ["git", "-C", str(checkout), "show", "-s", "--format=%H %cs", "HEAD"]
    said = subprocess.run(show, check=True, capture_output=True, text=True).stdout
    table["commit"], table["date"] = said.split()
    rows = ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in sets)
    head = json.dumps(table, indent=1).removesuffix("\n}")
    TABLE.write_text(f'{head},\n "sets": [\n  {rows}\n ]\n}}\n')


def refusal(validation: Any, metrics: Any, given: dict[str, str]) -> str | None:
    """Return the validator's words for a set that it refuses, None for one that it takes."""
    try:
        validation.initialize(metrics.initialize()).validate(dict(given))
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:LONGEST]
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
