"""`congnhan webhook …` and `congnhan mail …`, as an administrator types them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from service.cli import congnhan
from service.errors import BadConfiguration, BadInput, Unavailable
from service.notifications.webhook_sending import Sender
from tests.integration.service.test_webhooks import a_sender
from tests.servers.hooks import hooks_server, says
from tests.servers.mail import mail_server

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(congnhan, words)

    return invoke


def test_a_webhook_is_added_tried_rotated_and_removed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with hooks_server() as hooks:
        monkeypatch.setenv("WEBHOOK_HOSTS", hooks.allowed)
        sender = a_sender(hooks)
        made = partial(Sender, permitted=sender.permitted, context=sender.context, resolve=sender.resolve)

        added = run("webhook", "add", "kho", hooks.url, "--kind", "case_finished")
        with patch("service.cli.notifications.Sender", made):
            tried = run("webhook", "test", "kho")
            hooks.answer = says(500)
            refused = run("webhook", "test", "kho")
        listed = run("webhook", "list")
        rotated = run("webhook", "rotate", "kho")
        finished = run("webhook", "rotate", "kho", "--finish")
        removed = run("webhook", "remove", "kho")

        assert re.search(r"whsec_[\w+/=]{44}\n", added.output)
        assert (tried.exit_code, tried.output) == (0, "Bên nhận trả lời 204.\n")
        assert b'"type":"test"' in hooks.received.get(timeout=60).body
        assert isinstance(refused.exception, Unavailable)
        assert listed.output == f"kho  đang gửi  {hooks.url}  case_finished\n"
        assert rotated.output.startswith("whsec_")
        assert (finished.exit_code, removed.exit_code) == (0, 0)
        assert run("webhook", "list").output == ""


def test_without_an_allowed_host_no_webhook_is_added(run: Run) -> None:
    refused = run("webhook", "add", "kho", "https://hooks.example.vn/")

    assert isinstance(refused.exception, BadInput)
    assert "WEBHOOK_HOSTS" in str(refused.exception)


def test_a_test_mail_is_sent_or_says_what_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = run("mail", "test", "a@example.vn")
    with mail_server() as box:
        monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{box.port}")
        without_sender = run("mail", "test", "a@example.vn")
        monkeypatch.setenv("MAIL_FROM", "khong-tra-loi@example.vn")
        monkeypatch.setenv("PUBLIC_URL", "https://congnhan.example.vn")
        sent = run("mail", "test", "a@example.vn")

        assert [mail["To"] for mail in box.mails] == ["a@example.vn"]
    assert isinstance(missing.exception, BadConfiguration)
    assert "MAIL_FROM" in str(without_sender.exception)
    assert sent.output == "Máy chủ thư đã nhận thư thử gửi a@example.vn.\n"
