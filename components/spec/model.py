"""Base class of the specs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from components.spec.errors import ConfigError, Path, SpecError
from components.spec.parsing import parse, unaffected
from components.spec.spelling import with_python_names


class Spec(BaseModel):
    """Settings of one component: frozen, camelCase in a stack file, snake_case in Python.

    The docstring under a field is its help in the editor and in docs/configuration.md.

    A spec that is made in Python, such as `NetworkSpec(zones=("us-west-2a",))`, is checked at once.
    Those of a stack file are made by `settings.load`, which reports the errors of all of them.

    Raises:
        SpecError: A value does not fit its field, or breaks a rule; all errors are in it.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        use_attribute_docstrings=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def __init__(self, /, **values: Any) -> None:
        spec = type(self)
        parsed = parse(spec, values, by_name=True)
        errors = [
            *parsed.errors,
            *unaffected(
                parsed, [with_python_names(spec, error) for error in parsed.spec.problems()]
            ),
        ]
        if errors:
            raise SpecError(spec.__name__, errors)
        self.__pydantic_validator__.validate_python(
            values, self_instance=self, by_alias=False, by_name=True
        )

    # Tells pydantic that validation, which gathers errors by itself, need not call __init__.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def problems(self) -> Iterator[ConfigError]:
        """Yield an error for each broken rule of this spec and its nested specs.

        The keys in the errors are in camelCase.
        """
        yield from self.own_problems()
        for name, field in type(self).model_fields.items():
            for path, spec in _specs((field.alias or name,), getattr(self, name, None)):
                yield from (error.prefixed(path) for error in spec.problems())

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield an error for each broken rule about the fields of this spec alone."""
        yield from ()


def _specs(path: Path, value: object) -> Iterator[tuple[Path, Spec]]:
    match value:
        case Spec():
            yield path, value
        case Mapping():
            for key, one in value.items():
                yield from _specs((*path, key), one)
        case tuple():
            for position, one in enumerate(value):
                yield from _specs((*path, position), one)
