"""Specs that are made in Python, as other programs do, are refused as a stack file is."""

from __future__ import annotations

import re

import pytest

from components.spec.errors import SpecError
from components.storage.fsx_spec import FsxSpec
from settings.report import SettingsError
from tests.settings.configs import errors

ENTRY = re.compile(r"^\d+\. (?P<key>\S+)\n(?P<words>(?: {5}.*\n?)+)", re.MULTILINE)
"""An entry of a report: the key after its number, then rule, value and remedy."""


def entries(error: SpecError | SettingsError) -> dict[str, str]:
    """The words of each entry of a report by its key."""
    return {one["key"]: one["words"].rstrip() for one in ENTRY.finditer(str(error))}


def refused() -> SpecError:
    """The error of a spec with five faults, one of which is in the spec inside it."""
    with pytest.raises(SpecError) as caught:
        FsxSpec(
            deployment_type="persistent1",
            storage_capacity_gib=1000,
            weekly_maintenance_start_time=7,
            automatic_backup_retention_days=91,
            link={"import_path": "data/", "export_path": "data"},
        )
    return caught.value


def test_a_spec_with_five_faults_is_refused_once_with_five_numbered_entries() -> None:
    error = refused()
    assert len(error.errors) == 5
    lines = str(error).splitlines()
    assert lines[0] == "FsxSpec has 5 errors."
    numbered = [line for line in lines if re.match(r"\d", line)]
    assert [line.partition(". ")[0] for line in numbered] == ["1", "2", "3", "4", "5"]


def test_the_entries_name_the_fields_as_python_does() -> None:
    assert {*entries(refused())} == {
        "FsxSpec.deployment_type",
        "FsxSpec.storage_capacity_gib",
        "FsxSpec.weekly_maintenance_start_time",
        "FsxSpec.automatic_backup_retention_days",
        "FsxSpec.link.export_path",
    }


def test_the_entries_have_the_words_of_the_report_on_a_stack_file() -> None:
    of_file = errors(
        {
            "storage.fsx.deploymentType": "persistent1",
            "storage.fsx.storageCapacityGib": 1000,
            "storage.fsx.weeklyMaintenanceStartTime": 7,
            "storage.fsx.automaticBackupRetentionDays": 91,
            "storage.fsx.link": {"importPath": "data/", "exportPath": "data"},
        }
    )
    storage = [one for one in of_file if one.path[:2] == ("storage", "fsx")]
    report = SettingsError(storage, project="p", stack="s")
    assert sorted(entries(report).values()) == sorted(entries(refused()).values())
    assert len(storage) == 5
    words = entries(refused())["FsxSpec.storage_capacity_gib"].splitlines()
    assert [one.split(":")[0].strip() for one in words] == ["rule", "got", "remedy"]
    assert words[1].endswith("1000")
    assert words[2].endswith("set 1200")
