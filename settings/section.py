"""What every section of the stack config has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Section(BaseModel):
    """An object of the stack config: frozen, camelCase in YAML, no key it does not know.

    The docstring under each field becomes its help in the editor, by way of the JSON schema.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        use_attribute_docstrings=True,
    )

    def arguments(self, **more: Any) -> Any:
        """Its settings as the arguments of a component, which have the same names, and more.

        Args:
            more: Arguments that are no settings of this section; other sections may be among them.
        """
        others = {
            name: value.arguments() if isinstance(value, Section) else value
            for name, value in more.items()
        }
        return self.model_dump(mode="json") | others
