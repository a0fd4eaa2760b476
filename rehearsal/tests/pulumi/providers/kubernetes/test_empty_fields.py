"""The table of fields that are taken out if they are empty, against Kubernetes' Go types."""

import json
import subprocess

import pytest

from rehearsal.paths import binaries
from rehearsal.pulumi.providers.kubernetes import empty_fields
from rehearsal.tools.real_parts import EMPTY_FIELDS


@pytest.mark.rehearsal
@pytest.mark.real_parts
def test_the_table_is_what_the_go_types_give() -> None:
    program = binaries() / EMPTY_FIELDS.name
    if not program.exists():
        pytest.skip("the program that prints it is not built: `make test-real-parts` builds it")
    said = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    assert json.loads(said) == empty_fields._table(), f"write what {program.name} prints"
