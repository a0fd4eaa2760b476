"""The report that a person reads when a config has errors."""

from __future__ import annotations

import pulumi

from components.spec.errors import NOT_SET, ConfigError
from settings.report import SettingsError

FAULTS = [
    ConfigError(("network", "zones", 0), "first rule", "us-west-2a", "first remedy"),
    ConfigError(("storage", "fsx", "zone"), "second rule", NOT_SET, "second remedy"),
]


def report(errors: list[ConfigError], *secret_keys: str) -> str:
    return str(SettingsError(errors, project="ml", stack="dev", secret_keys=secret_keys))


def test_it_numbers_the_errors_and_says_that_nothing_happened() -> None:
    assert report(FAULTS) == (
        "The config of stack dev has 2 errors. Nothing was created or changed.\n"
        "\n"
        "1. ml:network.zones[0]\n"
        "     rule:   first rule\n"
        '     got:    "us-west-2a"\n'
        "     remedy: first remedy\n"
        "\n"
        "2. ml:storage.fsx.zone\n"
        "     rule:   second rule\n"
        "     got:    (not set)\n"
        "     remedy: second remedy\n"
    )


def test_it_is_an_error_that_the_engine_prints_without_a_traceback() -> None:
    assert issubclass(SettingsError, pulumi.RunError)


def test_a_long_value_is_cut_short() -> None:
    assert f'"{"x" * 99}...' in report([ConfigError(("tags", "t"), "rule", "x" * 1000, "remedy")])


def test_a_value_of_a_secret_section_is_not_shown() -> None:
    error = ConfigError(("tags", "key"), "rule", "hush", "not hush but hash")
    text = report([error, *FAULTS], "ml:tags")
    assert "hush" not in text
    assert "[secret]" in text
    assert "us-west-2a" in text


def test_a_remedy_that_depends_on_a_secret_section_is_not_shown() -> None:
    error = ConfigError(
        ("storage", "fsx", "zone"), "rule", "x", "set hush", (("network", "zones"),)
    )
    assert "hush" not in report([error], "ml:network")
