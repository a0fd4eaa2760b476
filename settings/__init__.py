"""The stack config: one typed, frozen object, checked before anything is created.

What may live here: a file per section of the config (pydantic models), the rules of AWS and
Kubernetes that the config can break (`rules/`, one small function each), facts about the account
that some of them need (`account.py`), about the last update (`deployed.py`) and about claims in the
running cluster (`in_use.py`, which reads them by the package `teardown`), the report of all
errors, and the JSON schema.

What may not: resources, components, anything of the rehearsal. Only `pulumi` and `pydantic` are
imported when this package is; pulumi_aws only when the account or the cluster is asked.
"""

from settings.loading import load
from settings.report import SettingsError
from settings.stack import Settings

__all__ = ["Settings", "SettingsError", "load"]
