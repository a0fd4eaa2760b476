import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.aws.policy import Decision, PolicyError, Request, decide

ARN = "arn:aws:fsx:us-west-2:123456789012:file-system/fs-1"


def policy(effect: str = "Allow", **statement: object) -> dict[str, object]:
    return {"Statement": [{"Effect": effect, "Action": "*", "Resource": "*", **statement}]}


def ask(*documents: dict[str, object], **context: str | list[str]) -> Decision:
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    return decide(documents, Request("fsx:CreateFileSystem", ARN, keys))


def test_nothing_is_allowed_without_a_policy():
    assert ask() is Decision.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("fsx:CreateFileSystem", True),
        ("fsx:createfilesystem", True),
        ("fsx:Create*", True),
        ("fsx:*", True),
        ("*", True),
        ("fsx:Delete*", False),
        ("s3:*", False),
        (["s3:*", "fsx:Create?ileSystem"], True),
        ([], False),
    ],
)
def test_an_action_is_matched_by_its_wildcards_whatever_its_case(action, allowed):
    expected = Decision.ALLOWED if allowed else Decision.IMPLICIT_DENY
    assert ask(policy(Action=action)) is expected


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        ("arn:*:fsx:*:*:file-system/*", True),
        ("arn:aws:fsx:us-west-2:123456789012:file-system/fs-?", True),
        ("arn:aws:fsx:us-west-2:123456789012:backup/*", False),
        ("ARN:AWS:FSX:*", False),
        ("arn:aws:fsx:${aws:RequestedRegion}:*", True),
        ("arn:aws:fsx:us-west-2:123456789012:file-system/[f]s-1", False),
    ],
)
def test_a_resource_is_matched_by_its_wildcards_and_variables(resource, allowed):
    expected = Decision.ALLOWED if allowed else Decision.IMPLICIT_DENY
    assert ask(policy(Resource=resource), aws__RequestedRegion="us-west-2") is expected


def test_a_denial_wins_over_every_allowance():
    assert ask(policy(), policy("Deny", Action="fsx:*")) is Decision.EXPLICIT_DENY


def test_a_denial_of_everything_but_an_action_leaves_that_action():
    for spared, expected in (("fsx:*", Decision.ALLOWED), ("s3:*", Decision.EXPLICIT_DENY)):
        statement = {"Effect": "Deny", "NotAction": spared, "Resource": "*"}
        assert ask(policy(), {"Statement": statement}) is expected


CONDITIONS = [
    ({"StringEquals": {"k": "a"}}, {"k": "a"}, True),
    ({"StringEquals": {"k": ["b", "a"]}}, {"k": "a"}, True),
    ({"StringEquals": {"k": "A"}}, {"k": "a"}, False),
    ({"StringEqualsIgnoreCase": {"K": "A"}}, {"k": "a"}, True),
    ({"StringEquals": {"k": "a"}}, {}, False),
    ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
    ({"StringNotEquals": {"k": "a"}}, {}, True),
    ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": "b"}, False),
    ({"StringLike": {"k": "a*"}}, {"k": "abc"}, True),
    ({"StringNotLike": {"k": "a*"}}, {"k": "abc"}, False),
    ({"ArnLike": {"k": "arn:*:eks:*"}}, {"k": "arn:aws:eks:us:1:cluster/x"}, True),
    ({"Bool": {"k": True}}, {"k": "true"}, True),
    ({"Bool": {"k": "false"}}, {"k": "true"}, False),
    ({"NumericLessThan": {"k": 10}}, {"k": "9"}, True),
    ({"NumericGreaterThanEquals": {"k": "10"}}, {"k": "9"}, False),
    ({"Null": {"k": "true"}}, {}, True),
    ({"Null": {"k": "true"}}, {"k": "a"}, False),
    ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "b"]}, True),
    ({"ForAllValues:StringEquals": {"k": ["a"]}}, {"k": ["a", "b"]}, False),
    ({"ForAllValues:StringEquals": {"k": ["a"]}}, {}, True),
    ({"ForAnyValue:StringEquals": {"k": ["a"]}}, {"k": ["a", "b"]}, True),
    ({"ForAnyValue:StringEquals": {"k": ["c"]}}, {"k": ["a", "b"]}, False),
    ({"StringEquals": {"k": "a", "l": "b"}}, {"k": "a"}, False),
]


@pytest.mark.parametrize(("condition", "context", "holds"), CONDITIONS)
def test_a_condition_holds_as_iam_says(condition, context, holds):
    expected = Decision.ALLOWED if holds else Decision.IMPLICIT_DENY
    assert ask(policy(Condition=condition), **context) is expected


def test_an_operator_that_is_not_known_is_an_error_and_never_an_allowance():
    with pytest.raises(PolicyError, match="StringEqual is not one of"):
        ask(policy(Condition={"StringEqual": {"k": "a"}}), k="a")


def test_a_principal_is_asked_for_only_where_a_policy_names_one():
    trusted = policy(Principal={"Service": ["pods.eks.amazonaws.com"]})
    of_pods = Request("sts:AssumeRole", "*", {}, "pods.eks.amazonaws.com")
    of_lambda = Request("sts:AssumeRole", "*", {}, "lambda.amazonaws.com")
    assert decide([trusted], of_pods) is Decision.ALLOWED
    assert decide([trusted], of_lambda) is Decision.IMPLICIT_DENY


WORDS = st.text(st.characters(codec="ascii", exclude_characters="*?${}"), max_size=12)


@given(WORDS, WORDS, WORDS)
def test_a_star_stands_for_any_text(before, middle, after):
    document = policy(Resource=f"{before}*{after}")
    request = Request("fsx:X", f"{before}{middle}{after}")
    assert decide([document], request) is Decision.ALLOWED


@given(WORDS, WORDS)
def test_a_text_without_wildcards_stands_for_itself_only(pattern, value):
    decision = decide([policy(Resource=pattern)], Request("fsx:X", value))
    assert (decision is Decision.ALLOWED) == (pattern == value)
