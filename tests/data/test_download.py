"""A file is fetched from a server, taken up where it broke off, and believed only by its hash."""

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli.data import app
from engine.data.download import download, file_name
from engine.errors import DataError

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class _Server(ThreadingHTTPServer):
    """Serves CONTENT; ``breaks`` says after how many bytes each of the next answers ends."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.breaks: list[int] = []
        self.asked: list[str | None] = []
        self.ranges = True
        self.content = CONTENT

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/files/data.tar.gz"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        if not self.path.endswith("data.tar.gz"):
            self.send_error(404)
            return
        content, start = self.server.content, 0
        match = re.fullmatch(r"bytes=(\d+)-", wanted or "")
        if match and self.server.ranges:
            start = int(match[1])
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        body = content[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.breaks.pop(0)] if self.server.breaks else body)
        self.close_connection = True


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_file_is_fetched_and_progress_told(tmp_path: Path, server: _Server) -> None:
    told: list[tuple[int, int | None]] = []
    download(server.url, tmp_path / "new" / "data", SHA256, lambda *now: told.append(now))
    assert (tmp_path / "new" / "data").read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["data"]


def test_a_connection_that_breaks_is_taken_up(tmp_path: Path, server: _Server) -> None:
    server.breaks = [300_000, 400_000]
    download(server.url, tmp_path / "data", SHA256)
    assert (tmp_path / "data").read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-", "bytes=700000-"]


def test_a_later_call_goes_on_where_an_earlier_one_failed(tmp_path: Path, server: _Server) -> None:
    server.breaks = [500_000, 0, 0, 0, 0]
    with pytest.raises(DataError, match="500,000 bytes are kept; run the command again"):
        download(server.url, tmp_path / "data", SHA256)
    assert not (tmp_path / "data").exists()
    server.asked.clear()
    download(server.url, tmp_path / "data", SHA256)
    assert (tmp_path / "data").read_bytes() == CONTENT
    assert server.asked == ["bytes=500000-"]


def test_a_server_without_ranges_sends_all_again(tmp_path: Path, server: _Server) -> None:
    server.ranges = False
    server.breaks = [300_000]
    download(server.url, tmp_path / "data", SHA256)
    assert (tmp_path / "data").read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_dropped(tmp_path: Path, server: _Server) -> None:
    (tmp_path / "data.part").write_bytes(CONTENT + b"more")
    download(server.url, tmp_path / "data", SHA256)
    assert (tmp_path / "data").read_bytes() == CONTENT


def test_what_is_complete_is_not_fetched(tmp_path: Path, server: _Server) -> None:
    (tmp_path / "data.part").write_bytes(CONTENT)
    for _ in range(2):
        download(server.url, tmp_path / "data", SHA256)
    assert (tmp_path / "data").read_bytes() == CONTENT
    assert server.asked == []


def test_another_content_is_refused_and_not_kept(tmp_path: Path, server: _Server) -> None:
    server.content = CONTENT[:-1] + b"x"
    with pytest.raises(DataError, match=f"expected the sha256 {SHA256}"):
        download(server.url, tmp_path / "data", SHA256)
    assert not list(tmp_path.iterdir())


def test_an_address_without_a_file_is_told(tmp_path: Path, server: _Server) -> None:
    with pytest.raises(DataError, match=r"found the answer 404 of the server\. Check the address"):
        download(server.url + ".gone", tmp_path / "data", SHA256)
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_told(tmp_path: Path, server: _Server) -> None:
    url = server.url
    server.server_close()
    with pytest.raises(DataError, match="expected the whole file"):
        download(url, tmp_path / "data", SHA256)


@pytest.mark.parametrize(
    "url", ["data.tar.gz", "file:///etc/passwd", "ftp://host/file", "http://host/", "http:///x"]
)
def test_only_files_on_web_servers_are_fetched(url: str) -> None:
    with pytest.raises(DataError, match="expected an http or https address of a file"):
        file_name(url)


def _get(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["get", *arguments], catch_exceptions=False)
    return result.exit_code, result.stdout


def test_the_command_gets_a_file_by_its_hash(tmp_path: Path, server: _Server) -> None:
    status, output = _get("cifar10", "--from", server.url, "--to", str(tmp_path), "--sha256", SHA256.upper())
    assert (status, (tmp_path / "data.tar.gz").read_bytes() == CONTENT) == (0, True)
    assert "data.tar.gz: complete" in output


def test_the_command_refuses_what_it_does_not_know(tmp_path: Path, server: _Server) -> None:
    with pytest.raises(DataError, match="expected a file called cifar-10-python"):
        _get("cifar10", "--from", server.url)
    with pytest.raises(DataError, match=r"expected a data set to get \(cifar10\)"):
        _get("mnist", "--from", server.url)


def test_the_command_compares_with_the_published_hash(tmp_path: Path, server: _Server) -> None:
    url = server.url.replace("data.tar.gz", "cifar-10-python.tar.gz?x=data.tar.gz")
    with pytest.raises(DataError, match="expected the sha256 6d958be074577803"):
        _get("cifar10", "--from", url, "--to", str(tmp_path))
