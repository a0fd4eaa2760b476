"""The engine is ended in order with the command that started it, however that one ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi import automation

from rehearsal.pulumi.command import OWNER_VARIABLE, Command
from tests.patience import PATIENCE, until

# Acts as the engine: says much when it is interrupted, which a pipe without a reader would forbid.
ENGINE = f"""#!{sys.executable} -S
import os, pathlib, signal, sys
if sys.argv[1:] == ["version"]:
    sys.exit(print("v3.300.0"))
note = pathlib.Path(sys.argv[-1])
def interrupted(*_):
    print("cancelling\\n" * 100_000, flush=True)
    print("cancelling", file=sys.stderr, flush=True)
    note.with_suffix(".ended").write_text("in order")
    os._exit(7)
signal.signal(signal.SIGINT, interrupted)
print("begun", flush=True)
note.write_text(f"{{os.getpid()}} {{os.environ['{OWNER_VARIABLE}']}}")
while "wait" in sys.argv:
    signal.pause()
print(sys.argv[2], file=sys.stderr)
sys.exit(int(sys.argv[3]))
"""
OWNER = """
import sys
from pathlib import Path
from rehearsal.pulumi.command import Command
Command(Path(sys.argv[1])).run(["wait", sys.argv[2]], ".", {})
"""


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    program = tmp_path / "pulumi"
    program.write_text(ENGINE)
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_engine_of_a_killed_command_ends_in_order(
    engine: Path, tmp_path: Path, number: signal.Signals
) -> None:
    note = tmp_path / "note"
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(engine), str(note)])
    until(lambda: note.exists() and note.read_text())
    pid, named = note.read_text().split()
    assert int(named) == owner.pid, "by which the next update knows whose engine it is"
    owner.send_signal(number)
    owner.wait(PATIENCE)
    until(note.with_suffix(".ended").exists)
    assert os.getsid(0) != int(pid), "a Ctrl-C in the terminal does not reach it"


def test_what_the_engine_says_and_how_it_ends_is_given(engine: Path, tmp_path: Path) -> None:
    heard: list[str] = []
    done = Command(engine).run(["said", "0", str(tmp_path / "n")], ".", {}, heard.append)
    assert (done.stdout, done.stderr, done.code, heard) == ("begun", "said", 0, ["begun"])
    with pytest.raises(automation.CommandError, match="hush"):
        Command(engine).run(["hush", "3", str(tmp_path / "n")], ".", {})
