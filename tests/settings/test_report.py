"""What a person reads when a config has faults."""

from __future__ import annotations

import pulumi

from settings.faults import NOT_SET, Fault, SettingsError

FAULTS = [
    Fault(("network", "zones", 0), "first rule", "us-west-2a", "first remedy"),
    Fault(("storage", "fsx", "zone"), "second rule", NOT_SET, "second remedy"),
]


def report(faults: list[Fault], *secret_keys: str) -> str:
    return str(SettingsError(faults, project="ml", stack="dev", secret_keys=secret_keys))


def test_it_numbers_the_faults_and_says_that_nothing_happened() -> None:
    assert report(FAULTS) == (
        "The config of stack dev has 2 faults. Nothing was created or changed.\n"
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
    assert f'"{"x" * 99}...' in report([Fault(("tags", "t"), "rule", "x" * 1000, "remedy")])


def test_a_value_of_a_secret_section_is_not_shown() -> None:
    fault = Fault(("tags", "key"), "rule", "hush", "not hush but hash")
    text = report([fault, *FAULTS], "ml:tags")
    assert "hush" not in text
    assert "[secret]" in text
    assert "us-west-2a" in text


def test_a_remedy_that_rests_on_a_secret_section_is_not_shown() -> None:
    fault = Fault(("storage", "fsx", "zone"), "rule", "x", "set hush", (("network", "zones"),))
    assert "hush" not in report([fault], "ml:network")
