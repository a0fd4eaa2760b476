import os
from hashlib import sha256
from pathlib import Path

import pytest

from tests.workloads.web import Site, served
from workloads.download import main
from workloads.downloads import transfer


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "FIRST_PAUSE", 0)


def test_a_public_file_lands_under_its_own_name(tmp_path: Path) -> None:
    with served(Site(b"weights")) as site:
        assert main([f"{site.url}?version=1", str(tmp_path)]) == 0
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [
        ("model.bin", b"weights")
    ]


def test_a_file_that_is_there_is_not_fetched_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(Site(b"weights")) as site:
        main([site.url, str(tmp_path)])
        main([site.url, str(tmp_path)])
    assert '"already_there": 1' in capsys.readouterr().out


def test_a_broken_connection_is_gone_on_with(tmp_path: Path) -> None:
    # The first answer tells of the file; the others bring it.
    with served(Site(bytes(100), breaks=[100, 30, 50])) as site:
        assert main([site.url, str(tmp_path)]) == 0
    assert site.asked == [None, None, "bytes=30-", "bytes=80-"]
    assert (tmp_path / "model.bin").read_bytes() == bytes(100)


def test_a_server_without_ranges_is_read_from_the_beginning(tmp_path: Path) -> None:
    with served(Site(b"0123456789", ranges=False, breaks=[10, 4])) as site:
        assert main([site.url, str(tmp_path)]) == 0
    assert (tmp_path / "model.bin").read_bytes() == b"0123456789"


def test_a_server_that_tells_of_no_version_is_never_gone_on_with(tmp_path: Path) -> None:
    with served(Site(b"0123456789", etag=None, modified=None, breaks=[10, 4])) as site:
        assert main([site.url, str(tmp_path)]) == 0
    assert site.asked == [None, None, None]


def test_a_server_whose_dates_are_none_is_read_all_the_same(tmp_path: Path) -> None:
    with served(Site(b"weights", modified="0")) as site:
        assert main([site.url, str(tmp_path)]) == 0
    assert (tmp_path / "model.bin").read_bytes() == b"weights"


@pytest.mark.parametrize("given", ["right", "wrong"])
def test_a_sha256_that_is_given_is_held_to(
    tmp_path: Path, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(Site(b"right")) as site:
        status = main([site.url, str(tmp_path), "--sha256", sha256(given.encode()).hexdigest()])
    assert status == (0 if given == "right" else 65)
    assert (tmp_path / "model.bin").exists() == (given == "right")
    assert ("or check the given checksum" in capsys.readouterr().err) == (given == "wrong")


def test_a_file_on_the_volume_is_held_to_the_sha256_too(tmp_path: Path) -> None:
    with served(Site(b"right")) as site:
        main([site.url, str(tmp_path)])
        file = tmp_path / "model.bin"
        time = file.stat().st_mtime_ns
        file.write_bytes(b"wrong")
        os.utime(file, ns=(time, time))
        digest = sha256(b"right").hexdigest()
        assert main([site.url, str(tmp_path), "--sha256", digest]) == 0
    assert file.read_bytes() == b"right"


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (404, 66, "there is no such file; check the URL"),
        (403, 77, "the server denies access (403); the file must be public"),
        (503, 75, "the server answers 503"),
    ],
)
def test_a_server_that_does_not_give_it_says_why(
    tmp_path: Path, status: int, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(Site(b"", status=status)) as site:
        assert main([site.url, str(tmp_path)]) == code
    assert said in capsys.readouterr().err


def test_a_server_that_is_away_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(Site(b"")) as site:
        pass
    assert main([site.url, str(tmp_path)]) == 75
    assert "the server does not answer" in capsys.readouterr().err


@pytest.mark.parametrize("status", [403, 404, 503])
def test_what_signs_an_address_is_in_no_log(
    tmp_path: Path, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(Site(b"", status=status)) as site:
        assert main([f"{site.url}?X-Amz-Signature=5ec4e7", str(tmp_path)]) != 0
    assert main([f"{site.url}?X-Amz-Signature=5ec4e7", str(tmp_path)]) != 0
    said = capsys.readouterr()
    assert site.url in said.err
    assert "5ec4e7" not in said.out + said.err


def test_a_password_in_an_address_is_refused_and_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="64"):
        main(["https://me:5ec4e7@127.0.0.1/a", str(tmp_path)])
    said = capsys.readouterr()
    assert "presign" in said.err
    assert "5ec4e7" not in said.out + said.err
