"""The servers that other tests rely on are real ones, and go away with the test run."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest
import redis
from playwright.sync_api import Page
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from tests.servers import browser as browsers
from tests.servers.postgres import PostgresServer


def test_postgres_executes_sql_and_keeps_vietnamese_text(postgres_url: str):
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE commune (name text PRIMARY KEY)")
        connection.execute("INSERT INTO commune VALUES ('phường Đông Sơn')")

        found = connection.execute("SELECT name, length(name) FROM commune").fetchone()

    assert found == ("phường Đông Sơn", 15)


def test_postgres_acknowledges_a_commit_only_when_it_is_on_disk(postgres_url: str):
    with psycopg.connect(postgres_url) as connection:
        settings = connection.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()

    assert settings == ("on", "on")


def test_a_database_copied_from_a_template_shares_nothing_with_its_sibling(postgres: PostgresServer):
    def fill(url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE district AS SELECT 'Bỉm Sơn' AS name")

    template = postgres.template("test-servers", fill)
    first, second = postgres.create_database(template), postgres.create_database(template)
    with psycopg.connect(first) as connection:
        connection.execute("DELETE FROM district")

    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT name FROM district").fetchall() == [("Bỉm Sơn",)]


def test_an_rq_worker_runs_a_job_with_the_json_serializer(redis_url: str):
    with redis.Redis.from_url(redis_url) as connection:
        queue = Queue("outbox", connection=connection, serializer=JSONSerializer)
        job = queue.enqueue("statistics.median", [3, 1, 2])

        worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer)
        worker.work(burst=True, with_scheduler=False)

        assert job.return_value(refresh=True) == 2


def test_the_browser_renders_vietnamese(page: Page):
    page.set_content("<h1>Thẩm tra</h1>")
    heading = page.locator("h1")

    picture = heading.screenshot()
    width = heading.evaluate(
        "h => { const r = document.createRange(); r.selectNodeContents(h);"
        " return r.getBoundingClientRect().width }"
    )

    assert heading.inner_text() == "Thẩm tra"
    assert width > 50
    assert len(set(picture)) > 50, "the screenshot is a blank sheet"


def test_the_browser_keeps_its_web_security(page: Page):
    page.goto("data:text/html,<h1>Một trang</h1>")

    message = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'read', error => error.name)")

    assert message == "TypeError"
    assert not any(
        "web-security" in argument or "site-isolation" in argument for argument in browsers.ARGUMENTS
    )


def test_without_a_browser_on_path_the_packaged_one_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER", raising=False)

    program = browsers.find_browser()

    version = subprocess.run(
        [program.path, "--version"], env=program.environment, capture_output=True, text=True, check=True
    )
    assert "Chrom" in version.stdout


def test_a_browser_that_does_not_exist_is_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BROWSER", "no-such-browser")

    with pytest.raises(RuntimeError, match="Name a Chromium or unset it"):
        browsers.find_browser()


def test_servers_die_with_a_test_run_that_is_killed(tmp_path: Path):
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(
            """
            import time
            from tests.servers.redis import redis_server

            with redis_server() as url:
                print(url, flush=True)
                time.sleep(60)
            """
        )
    )
    root = Path(__file__).resolve().parents[2]
    run = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={key: value for key, value in os.environ.items() if key != "TEST_REDIS_URL"}
        | {"PYTHONPATH": str(root)},
    )
    with run:
        url = run.stdout.readline().strip()
        run.send_signal(signal.SIGKILL)

    assert url.startswith("redis://")
    assert is_gone_within(5, url)


def is_gone_within(seconds: float, url: str) -> bool:
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        try:
            with redis.Redis.from_url(url) as connection:
                connection.ping()
        except redis.ConnectionError:
            return True
        time.sleep(0.05)
    return False
