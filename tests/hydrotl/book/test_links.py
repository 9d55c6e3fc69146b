"""Links of finished pages: within the book, and to another host."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.book_project import ROOT
from tests.hydrotl.book.test_build import load

links = load(ROOT / "book" / "_ext" / "links.py")


def write_pages(root: Path, **pages: str) -> Path:
    for name, text in pages.items():
        (root / f"{name}.html").write_text(f"<html><body>{text}</body></html>", encoding="utf-8")
    return root


def test_a_link_without_a_target_is_found(tmp_path: Path) -> None:
    write_pages(
        tmp_path,
        index='<a href="two.html#here">a</a> <a href="two.html#there">b</a> <a href="#up">c</a>'
        '<a href="three.html">d</a> <a href="a%20b.csv">e</a> <img src="no.png">'
        '<a href="mailto:a@b.org">f</a> <a href="https://x.org/none">g</a>',
        two='<p id="here">x</p><a href="index.html#">d</a>',
    )
    (tmp_path / "a b.csv").touch()
    broken = [link for _, link in links.broken_inside(links.pages(tmp_path))]
    assert broken == ["two.html#there", "#up", "three.html", "no.png"]
    assert links.main([str(tmp_path)]) == 1


def test_pages_whose_links_lead_somewhere_pass(tmp_path: Path) -> None:
    write_pages(
        tmp_path, index='<a href="two.html">a</a>', two='<a name="x"></a><a href="#x">b</a>'
    )
    assert links.main([str(tmp_path)]) == 0


def test_a_folder_without_a_book_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make book"):
        links.pages(tmp_path)


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers with the number that is asked for."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def host() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_what_is_gone_elsewhere_is_found_and_what_refuses_programs_is_not(
    tmp_path: Path, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "PAUSE_S", 0)
    body = "".join(f'<a href="{host}/{code}#x">a</a>' for code in (200, 403, 404, 410, 500))
    write_pages(tmp_path, index=body)
    broken = [link for _, link in links.broken_outside(links.pages(tmp_path))]
    assert [link.split()[0] for link in broken] == [f"{host}/{code}" for code in (404, 410, 500)]


def test_a_host_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "PAUSE_S", 0)
    assert "refused" in (links.trouble("http://127.0.0.1:9/") or "")
