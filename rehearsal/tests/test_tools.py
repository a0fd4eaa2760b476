import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from rehearsal.paths import binaries
from rehearsal.tools import build, real_parts


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a home of its own and nothing on its PATH but the system."""
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("v3.250.0\n", (3, 250, 0)), ("go version go1.26 linux", (1, 26, 0)), ("no", ())],
)
def test_a_version_is_read_as_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert build.numbers(text) == numbers


def test_a_recent_pulumi_of_the_users_is_taken(alone: Path) -> None:
    own = executable(alone / "path" / "pulumi", "echo v3.300.1")
    executable(alone / "path" / build.LANGUAGE_HOST, "true")
    assert build.engine() == own


def test_a_pulumi_too_old_is_passed_over_and_the_remedy_named(alone: Path) -> None:
    executable(alone / "path" / "pulumi", "echo v3.99.0")
    executable(alone / "path" / build.LANGUAGE_HOST, "true")
    with pytest.raises(build.ToolError, match=r"python -m rehearsal\.tools"):
        build.engine()


def test_a_pulumi_without_its_python_host_is_passed_over(alone: Path) -> None:
    executable(alone / "path" / "pulumi", "echo v3.300.1")
    assert build.users_engine() is None


def module(folder: Path, **files: str) -> build.Tool:
    folder.mkdir()
    for name, text in {"go.sum": "one", **files}.items():
        (folder / name).write_text(text)
    return build.Tool("tool", folder, ".", {"x.Version": "1"})


def test_a_build_is_known_by_everything_it_is_made_from(tmp_path: Path) -> None:
    first = module(tmp_path / "a", **{"main.go": "package main"})
    same = module(tmp_path / "b", **{"main.go": "package main"})
    other_sum = module(tmp_path / "c", **{"main.go": "package main", "go.sum": "two"})
    other_code = module(tmp_path / "d", **{"main.go": "package main // changed"})
    assert first.fingerprint == same.fingerprint, "a second clone must find the first's build"
    assert len({one.fingerprint for one in (first, other_sum, other_code)}) == 3


def test_what_was_built_before_is_not_built_again(alone: Path) -> None:
    tool = module(alone / "module")
    tool.cached.parent.mkdir(parents=True)
    tool.cached.write_text("a binary")
    assert build.build(tool, Console(quiet=True)) == tool.cached, "and Go was not even looked for"


def test_a_build_that_fails_shows_the_compilers_words_and_leaves_nothing(
    alone: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    executable(
        alone / "path" / "go",
        "case $1 in version) echo go1.99.0;; list) echo xx;; build) "
        'echo fmt >&2; echo "main.go:3:1: syntax error" >&2; exit 1;; esac',
    )
    tool = module(alone / "module")
    with pytest.raises(build.ToolError, match=r"main\.go:3:1: syntax error"):
        build.build(tool, Console(quiet=True))
    assert not list(tool.cached.parent.iterdir())


def test_how_long_a_build_takes_is_said_before_it_begins(tmp_path: Path, alone: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    new = replace(module(tmp_path / "new"), minutes=7)
    built = replace(module(tmp_path / "built", **{"main.go": "package main"}), minutes=100)
    executable(built.cached, "true")
    build.announce([built], console)
    assert console.file.getvalue() == ""
    build.announce([built, new], console)
    assert "about 7 minutes" in console.file.getvalue()


def test_the_versions_in_the_code_are_those_the_modules_pin() -> None:
    engine = (build.ENGINE.module / "go.mod").read_text()
    cluster = (build.CLUSTER.module / "go.mod").read_text()
    assert f"pulumi/pkg/v3 v{build.dotted(build.ENGINE_VERSION)}" in engine
    assert f"k8s.io/kubernetes v{build.dotted(build.KUBERNETES_VERSION)}" in cluster
    for text in (engine, cluster):
        found = re.search(r"^go (\S+)$", text, re.MULTILINE)
        assert found
        assert build.numbers(found[1]) <= build.GO_VERSION


def test_a_program_that_is_linked_again_leaves_one_file(alone: Path) -> None:
    built = executable(alone / "built", "true")
    for _ in range(2):
        build.link(built, "pulumi")
    assert [one.name for one in binaries().iterdir()] == ["pulumi"]
    assert (binaries() / "pulumi").samefile(built)


def test_a_build_is_known_by_the_files_of_its_folders_too(tmp_path: Path) -> None:
    tool = module(tmp_path / "a", **{"main.go": "package main"})
    before = tool.fingerprint
    (tool.module / "sdk").mkdir()
    (tool.module / "sdk" / "stub.go").write_text("package sdk")
    assert tool.fingerprint != before


def test_a_build_embeds_files_of_a_dependency_that_no_build_has_fetched_before(
    alone: Path, tmp_path: Path
) -> None:
    source = tmp_path / "dependency"
    executable(
        alone / "path" / "go",
        f"""case $1 in
            version) echo go1.99.0;;
            mod) [ "$2" = download ] && mkdir {source};;
            list) [ "$2" = -m ] && {{ [ -d {source} ] && echo {source}; }} || echo x;;
            build) shift 3; out=$1; while [ "$1" != -overlay ]; do shift; done; cp $2 $out;;
        esac""",
    )
    plain = module(alone / "module")
    tool = replace(plain, dependency="example.org/other", embedded=("cmd/schema.json",))
    built = json.loads(build.build(tool, Console(quiet=True)).read_text())
    assert built == {
        "Replace": {str(tool.module / "schema.json"): str(source / "cmd" / "schema.json")}
    }


def test_the_real_provider_says_the_version_of_its_module() -> None:
    pinned = (real_parts.PROVIDER.module / "go.mod").read_text()
    (version,) = real_parts.PROVIDER.variables.values()
    assert f"{real_parts.PROVIDER.dependency} {version}" in pinned
