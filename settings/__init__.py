"""Stack config: one typed, frozen object, checked before anything is created.

The package contains the model of the stack file (`stack.py`, made of the components' specs), the
rules that concern several sections (`rules/`, one small function each), facts about the account
that some of them need (`account.py`), about the last update (`deployed.py`) and about claims in the
running cluster (`blockers.py`, which reads them by the package `teardown`), the report of all
errors, and the JSON schema. `python -m settings FILE` checks a stack file by the rules that need
neither the account nor the last update.

It contains no resources and no components, and imports nothing of the rehearsal. Its import imports
only `pulumi` and `pydantic`; `pulumi_aws` is imported when the account or the cluster is read.
"""

from settings.loading import load
from settings.report import SettingsError
from settings.stack import Settings

__all__ = ["Settings", "SettingsError", "load"]
