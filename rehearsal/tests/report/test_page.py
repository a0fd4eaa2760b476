import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rehearsal import records
from rehearsal.paths import Environment, Ports
from rehearsal.records import Record
from rehearsal.report import curve, formatting, page, timeline
from rehearsal.report.graph import Graph
from rehearsal.report.jobs import Job, Score
from tests.report.samples import DEPLOYMENT, JOB, LUSTRE, S3, STORAGE, VPC, step, urn

METRICS = [
    {"round": n, "train-merror": 0.3 / (n + 1), "validation-merror": 0.4 / (n + 1)}
    for n in range(5)
]
DONE = Job("dev-digits", "Completed", "", [("model", "s3://b/m")], curve.curves(METRICS))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment("dev", tmp_path, Ports.free())


def update(*steps: dict, name: str = "up", seconds: float = 10) -> Record:
    return Record("update", name, "", "", 0, 0, seconds, detail={"steps": list(steps)})


def shown(environment: Environment, *happened: Record, jobs: Sequence[Job] = ()) -> str:
    for record in happened:
        records.add(environment, record)
    return page.write(
        environment, DEPLOYMENT, jobs, "p", environment.root / "report.html"
    ).read_text()


class Outside(HTMLParser):
    """Whatever the page would ask somebody else for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"src", "href", "action"} and not (value or "").startswith("#"):
                self.found.append(f"{tag} {name}={value}")


def test_the_page_asks_nobody_for_anything(environment: Environment) -> None:
    text = shown(environment, update(step(VPC, 0, 1)), jobs=[DONE])
    parser = Outside()
    parser.feed(text)
    assert parser.found == []
    assert not re.search(r"url\((?!#)|@import|fetch\(|https?://", text)


def test_every_resource_of_the_state_is_listed_and_components_are_not(
    environment: Environment,
) -> None:
    text = shown(environment)
    for state in (VPC, S3, LUSTRE, JOB):
        assert f"<code>{state['id']}</code>" in text
    assert "<td>storage</td><td>" not in text.replace("\n", "")


def test_what_a_job_says_is_text_and_never_markup(environment: Environment) -> None:
    failed = Job("j", "Failed", "AlgorithmError: <script>alert(1)</script>", [], [])
    text = shown(environment, jobs=[failed])
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_moved_data_is_told_with_bytes_and_rate(environment: Environment) -> None:
    moved = Record("import", "fs-1", "s3://b/datasets/", "fs-1:/", 2 * 1024 * 1024, 2, 0.5)
    text = shown(environment, moved)
    assert "s3://b/datasets/" in text
    assert "4.0 MiB/s" in text


def test_a_pod_tells_its_command_and_its_own_time(environment: Environment) -> None:
    detail = {"command": ["python", "-m", "workloads.preload"], "summary": {"seconds": 0.5}}
    text = shown(environment, Record("pod", "n/p", "", "", 1024, 1, 4.0, detail=detail))
    assert "python -m workloads.preload" in text
    assert "2.0 KiB/s" in text


def test_a_score_stands_at_the_top(environment: Environment) -> None:
    good = Job("j", "Completed", "", [], [], Score("accuracy", "97.2 %"))
    assert "<dd>97.2 %</dd>" in shown(environment, jobs=[good])


def test_the_timeline_is_of_the_last_update_that_changed_something(
    environment: Environment,
) -> None:
    same = step(VPC, 0, 1, op="same")
    changed = update(step(S3, 0, 4), name="refresh")
    text = shown(environment, update(step(VPC, 0, 1)), changed, update(same))
    assert "The last <code>refresh</code>" in text


def test_what_happened_before_the_stack_was_destroyed_is_not_told(environment: Environment) -> None:
    moved = Record("import", "fs-old", "s3://b/old/", "fs-old:/", 10, 1, 0.5)
    destroyed = update(step(VPC, 0, 1, op="delete"), name="destroy")
    assert "fs-old" in shown(environment, moved, destroyed), "until something happens again"
    assert "fs-old" not in shown(environment, update(step(VPC, 0, 1)))


def test_before_anything_happened_the_page_says_so(environment: Environment) -> None:
    text = shown(environment)
    assert "No data has moved yet." in text
    assert "No update has been recorded." in text
    assert "The stack has no training job." in text


def test_the_chain_goes_back_over_what_each_step_waited_for_last() -> None:
    steps = [step(VPC, 0, 1), step(S3, 0, 3), step(LUSTRE, 3, 2), step(JOB, 5, 1)]
    found = timeline.of(update(*steps, step(STORAGE, 0, 6)), Graph.of(DEPLOYMENT))
    assert [bar.urn for bar in found.chain] == [urn(S3), urn(LUSTRE), urn(JOB)]
    assert len(found.bars) == 4, "a component is no bar"


def test_a_curve_stays_in_its_frame_and_begins_left() -> None:
    (found,) = curve.curves(METRICS)
    assert [line.name for line in found.lines] == ["train", "validation"]
    points = [tuple(map(float, point.split(","))) for point in found.lines[1].points.split()]
    assert points[0][0] == found.left
    assert points[-1][0] == found.right
    assert all(0 <= y <= found.bottom for _, y in points)
    assert [y for _, y in points] == sorted(y for _, y in points), "a falling error falls"


def test_one_round_and_an_infinite_value_can_be_drawn() -> None:
    (found,) = curve.curves([{"round": 0, "train-rmse": 2.0, "validation-rmse": float("inf")}])
    assert found.lines[1].points == ""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (formatting.size(512), "512 B"),
        (formatting.size(1536), "1.5 KiB"),
        (formatting.size(200 * 1024**3), "200 GiB"),
        (formatting.rate(1024, 0), ""),
        (formatting.span(0.04), "40 ms"),
        (formatting.span(250), "4 min 10 s"),
    ],
)
def test_figures_read_as_a_person_says_them(said: str, meant: str) -> None:
    assert said == meant


def bench(seconds: str, title: str = "Storage bench: efs") -> Record:
    table = {
        "title": title,
        "columns": ["case", "measured here", "AWS's figure"],
        "rows": [["sequential <read>", seconds, "up to 1500 MiB/s a client"]],
    }
    detail = {"command": ["python"], "summary": {"workload": "storage_bench", "table": table}}
    return Record("pod", "training/bench", "", "", 10, 1, 1.0, detail=detail)


def test_a_table_that_a_pod_measured_stands_on_the_page_the_newest_of_a_title(
    environment: Environment,
) -> None:
    text = shown(environment, bench("old"), bench("new"), bench("other", "Storage bench: s3"))
    assert "<h3>Storage bench: efs</h3>" in text
    assert "<td>sequential &lt;read&gt;</td><td>new</td><td>up to 1500 MiB/s a client</td>" in text
    assert "<td>old</td>" not in text
    assert "<td>other</td>" in text


def test_a_page_without_tables_has_no_section_of_them(environment: Environment) -> None:
    assert "Measured by pods" not in shown(environment, update(step(VPC, 0, 1)))
