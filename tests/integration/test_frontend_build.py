"""The committed assets are what the sources give, name no outside host and stay light."""

import gzip
import re
from pathlib import Path

import pytest

from frontend.build import DIST, build

SOURCES = Path(__file__).resolve().parents[2] / "frontend" / "src"


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("dist")
    build(output)
    return output


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_committed_assets_are_what_the_sources_give_byte_for_byte(rebuilt: Path):
    committed, again = contents(DIST), contents(rebuilt)

    assert sorted(committed) == sorted(again)
    differing = [name for name in committed if committed[name] != again[name]]
    assert not differing, "run ./dev frontend and commit service/web/static/dist"


def test_a_page_with_a_cold_cache_loads_less_than_300_kb_compressed():
    fonts = sum(path.stat().st_size for path in (DIST / "fonts").glob("be-vietnam-pro-*"))
    texts = sum(len(gzip.compress((DIST / name).read_bytes())) for name in ("app.css", "app.js"))

    assert fonts + texts < 270_000  # which leaves 30 kB to the page itself


def test_style_sheets_load_nothing_from_elsewhere():
    for sheet in DIST.glob("*.css"):
        addresses = re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""", sheet.read_text())

        assert all(address.startswith(("data:", "./fonts/")) for address in addresses), sheet.name


def test_the_font_has_the_letters_of_vietnamese():
    names = {path.name for path in (DIST / "fonts").iterdir()}

    assert names == {"bpmn.woff2"} | {  # the icons of the studio's palette
        f"be-vietnam-pro-{subset}-{weight}-normal.woff2"
        for subset in ("latin", "vietnamese")
        for weight in (400, 500, 600, 700)
    }


def test_no_script_reads_what_a_library_keeps_to_itself():
    """A name behind an underscore may go with any upgrade, and nothing would say so."""
    private = re.compile(r"(?<!\bthis)(?<=[\w)\]])\??\._[a-zA-Z]")  # a class's own are its own

    found = [
        f"{path.relative_to(SOURCES)}:{number}"
        for path in sorted(SOURCES.rglob("*.js"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if private.search(line)
    ]

    assert found == []
