"""The display is fed the engine's events as the engine writes them."""

import io
from typing import Any

from pulumi.automation.events import EngineEvent
from rich.console import Console

from rehearsal.pulumi.display import Progress, duration, plain
from rehearsal.pulumi.rows import type_of

STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
VPC = "urn:pulumi:dev::p::net:Network$aws:ec2/vpc:Vpc::main"


def step(urn: str, op: str, parent: str = "") -> dict[str, Any]:
    state = {"type": type_of(urn), "urn": urn, "id": "", "parent": parent, "provider": ""}
    state |= {"inputs": {}, "outputs": {}}
    return {"metadata": {"op": op, "urn": urn, "type": type_of(urn), "provider": "", "new": state}}


def began(urn: str, op: str, parent: str = "") -> dict[str, Any]:
    return {"resourcePreEvent": step(urn, op, parent)}


def ended(urn: str, op: str) -> dict[str, Any]:
    return {"resOutputsEvent": step(urn, op)}


def failed(urn: str, op: str) -> dict[str, Any]:
    return {"resOpFailedEvent": step(urn, op) | {"status": 1, "steps": 1}}


def said(urn: str, message: str, severity: str = "error") -> dict[str, Any]:
    event = {"message": message, "color": "never", "severity": severity, "urn": urn}
    return {"diagnosticEvent": event}


def summary(**changes: int) -> dict[str, Any]:
    content = {"maybeCorrupt": False, "durationSeconds": 1, "PolicyPacks": {}}
    return {"summaryEvent": content | {"resourceChanges": changes}}


def shown(*events: dict[str, Any], terminal: bool = False, preview: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=100, color_system=None)
    with Progress(console, preview=preview) as progress:
        for event in events:
            progress.event(EngineEvent.from_json(event | {"sequence": 1, "timestamp": 1}))
    return stream.getvalue()


def test_elsewhere_than_on_a_terminal_each_change_is_one_line() -> None:
    text = shown(
        began(STACK, "same"),
        began(VPC, "create", STACK),
        ended(VPC, "create"),
        ended(VPC, "create"),
        ended(STACK, "same"),
        summary(create=1, same=1),
    )
    lines = [line for line in text.splitlines() if "aws:ec2/vpc:Vpc main" in line]
    assert len(lines) == 1, "a component ends twice and is told once"
    assert lines[0].startswith("+  aws:ec2/vpc:Vpc main created (")
    assert "Stack" not in text, "what did not change is not listed"
    assert "+ 1 created" in text
    assert "1 unchanged" in text


def test_on_a_terminal_the_whole_tree_stays_with_children_below_their_parents() -> None:
    text = shown(
        began(STACK, "create"),
        began(VPC, "create", STACK),
        ended(VPC, "create"),
        ended(STACK, "create"),
        summary(create=2),
        terminal=True,
    )
    lines = text.splitlines()
    stack = next(number for number, line in enumerate(lines) if "Stack p-dev created" in line)
    assert "└── +  aws:ec2/vpc:Vpc main created" in lines[stack + 1]


def test_a_failure_is_marked_and_its_reason_stands_below() -> None:
    text = shown(
        began(VPC, "create"),
        said(VPC, "<{%fg 1%}>creating EC2 VPC: VpcLimitExceeded<{%reset%}>"),
        failed(VPC, "create"),
        summary(),
    )
    assert "!  aws:ec2/vpc:Vpc main failed" in text
    assert "aws:ec2/vpc:Vpc main: error: creating EC2 VPC: VpcLimitExceeded" in text


def test_a_preview_says_what_would_be_done() -> None:
    text = shown(began(VPC, "create"), ended(VPC, "create"), summary(create=1), preview=True)
    assert "+ 1 to create" in text
    assert "created" not in text


def test_messages_lose_the_engines_colour_directives() -> None:
    assert plain("<{%fg 1%}>red<{%reset%}> and plain") == "red and plain"
    assert plain("an open <{% is left") == "an open <{% is left"


def test_durations_read_as_a_person_says_them() -> None:
    assert (duration(7.4), duration(72)) == ("7s", "1m12s")
