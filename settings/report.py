"""The report of a stack config: every error at once, and nothing that the config keeps secret."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import pulumi

from components.spec.errors import ConfigError, Path, format_error, format_path

SECRET = "[secret]"
SECRET_REMEDY = "correct it with `pulumi config set --secret`"


class SettingsError(pulumi.RunError):
    """All errors of a stack config. The engine prints the report, and no traceback."""

    def __init__(
        self,
        errors: Sequence[ConfigError],
        *,
        project: str,
        stack: str,
        secret_keys: Collection[str] = (),
    ) -> None:
        self.errors = tuple(errors)
        self.project = project
        self._secret_keys = frozenset(secret_keys)
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        head = f"The config of stack {stack} has {count}. Nothing was created or changed."
        entries = [self._entry(number, error) for number, error in enumerate(errors, start=1)]
        super().__init__("\n\n".join([head, *entries]) + "\n")

    def _entry(self, number: int, error: ConfigError) -> str:
        key = config_key(self.project, error.path)
        if any(
            config_key(self.project, path[:1]) in self._secret_keys
            for path in (error.path, *error.depends_on)
        ):
            return format_error(number, key, replace(error, remedy=SECRET_REMEDY), SECRET)
        return format_error(number, key, error)


def config_key(project: str, path: Path) -> str:
    """Return a key as it stands in the stack file, with its namespace, such as aws:region."""
    name = format_path(path)
    return name if ":" in str(path[0]) else f"{project}:{name}"
