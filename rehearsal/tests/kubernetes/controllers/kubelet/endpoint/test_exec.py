"""Commands in a running container, with the streams of the API server."""

import json
import os

import pytest

from rehearsal.kubernetes.controllers.kubelet.endpoint import exec as commands
from rehearsal.kubernetes.controllers.kubelet.endpoint import spdy
from tests.patience import until

PROTOCOL = "v4.channel.k8s.io"
ERROR, STDIN, STDOUT, STDERR, RESIZE = 1, 3, 5, 7, 9
NAMES = {STDIN: "input", STDOUT: "output", STDERR: "error", RESIZE: "tty"}
TYPES = {STDIN: "stdin", STDOUT: "stdout", STDERR: "stderr", RESIZE: "resize"}


def execute(served, *words, streams=(STDOUT, STDERR)):
    """Opens the streams of a command."""
    query = "&".join([*(f"command={word}" for word in words), *(f"{NAMES[n]}=1" for n in streams)])
    opened = served.streams(f"/exec/team/load/main?{query}", PROTOCOL)
    assert b"101 Switching Protocols" in opened.head
    assert f"X-Stream-Protocol-Version: {PROTOCOL}".encode() in opened.head
    opened.open(ERROR, streamtype="error")
    for number in streams:
        opened.open(number, streamtype=TYPES[number])
    return opened


def status(opened):
    opened.until(lambda: ERROR in opened.ended)
    return json.loads(opened.received[ERROR])


def test_a_command_has_the_containers_variables_paths_and_folder(served):
    served.run()
    opened = execute(served, "sh", "-c", "pwd;echo+$OF_THE_POD;echo+/data")
    assert status(opened) == {"metadata": {}, "status": "Success"}
    folder = str(served.environment.root / "pods" / "uid" / "containers" / "main")
    assert opened.received[STDOUT].decode().splitlines() == [folder, "seen", folder]


def test_input_is_passed_on_to_its_end_and_the_exit_code_back(served):
    served.run()
    opened = execute(served, "sh", "-c", "cat;echo+no>%262;exit+3", streams=(STDIN, STDOUT, STDERR))
    opened.send(STDIN, b"a")
    opened.send(STDIN, b"b", end=True)
    found = status(opened)
    assert (opened.received[STDOUT], opened.received[STDERR]) == (b"ab", b"no\n")
    assert found["reason"] == "NonZeroExitCode"
    assert found["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


def test_a_command_killed_by_a_signal_has_a_shells_exit_code(served):
    served.run()
    assert status(execute(served, "sh", "-c", "kill+-9+$$"))["details"]["causes"][0][
        "message"
    ] == str(128 + 9)


def test_a_command_in_a_terminal_has_the_clients_size(served):
    served.run()
    opened = execute(served, "sh", "-c", "read+x;stty+size", streams=(STDIN, STDOUT, RESIZE))
    opened.send(RESIZE, b'{"Width":101,"Height":33}\n')
    opened.ping(1)
    opened.until(lambda: opened.pongs)
    opened.send(STDIN, b"go\r")
    assert status(opened)["status"] == "Success"
    assert b"33 101" in opened.received[STDOUT]


def test_a_program_that_is_missing_is_named(served):
    served.run()
    found = status(execute(served, "no-such-program"))
    assert found["reason"] == "InternalError"
    assert found["message"].endswith('exec: "no-such-program": executable file not found in $PATH')


def pid_of(served, opened):
    opened.until(lambda: opened.received[STDOUT].endswith(b"\n"))
    pid = int(opened.received[STDOUT])
    notes = [*served.environment.root.glob("pods/*/containers/*/process.json")]
    assert pid in [json.loads(note.read_text())["pid"] for note in notes], "a stop must find it"
    return pid


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("end", ["client", "container", "endpoint"])
def test_a_command_is_killed_with_its_client_its_container_or_the_endpoint(served, end):
    run = served.run()
    opened = execute(served, "sh", "-c", "echo+$$;sleep+600")
    pid = pid_of(served, opened)
    match end:
        case "client":
            served.opened.close()
        case "container":
            run.end(0)
        case "endpoint":
            served.endpoint.stop()
    until(lambda: is_gone(pid))
    until(lambda: not [*served.environment.root.glob("pods/*/containers/*.exec-*")])


def test_a_container_that_has_ended_takes_no_command(served):
    run = served.run("echo up")
    until(lambda: run.ended)
    assert served.get("/exec/team/load/main?command=true&output=1") == (
        404, 'container not found ("main")\n'
    )  # fmt: skip


def test_with_a_terminal_there_is_no_error_output():
    asked = {"input": "1", "output": "1", "error": "1", "tty": "1"}
    assert commands.expected(asked) == {"error", "stdin", "stdout", "resize"}


def test_the_dictionary_is_the_protocols():
    """Its checksum is the identifier that every SPDY/3 stream of headers begins with."""
    assert spdy.zlib.adler32(spdy.DICTIONARY) == 0xE3C6A7C2
