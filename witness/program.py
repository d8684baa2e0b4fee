"""`congnhan-witness`: `key` makes its key, `serve` cosigns over HTTP, `show` prints what it has cosigned,
`probe` asks a serving one who it is.

It stands with somebody who does not run the log: another office, another machine, another administrator.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from http.server import ThreadingHTTPServer
from pathlib import Path

from witness.cosigning import Witness
from witness.memory import Forgetful, Memory, alone
from witness.notes import LOG_ALGORITHM, WITNESS_ALGORITHM, Malformed, PrivateKey, PublicKey
from witness.server import handler_for

KEY, MEMORY = "key", "logs.json"


class Refusal(Exception):  # noqa: N818 a sentence for whoever started it
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit 2 with a sentence where it cannot do what it was asked."""
    asked = _parser().parse_args(arguments)
    try:
        asked.do(asked)
    except (Refusal, Malformed, Forgetful, OSError) as error:
        sys.stderr.write(f"congnhan-witness: {error}\n")
        raise SystemExit(2) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="congnhan-witness",
        description="Nhân chứng: ký xác nhận nhật ký chỉ dài thêm, không bao giờ bị sửa.",
    )
    commands = parser.add_subparsers(required=True, metavar="lệnh")
    key = commands.add_parser("key", help="tạo khóa của nhân chứng, in khóa công khai")
    key.add_argument("--name", help="tên nhân chứng, ví dụ vpub.thanhhoa.gov.vn/nhan-chung (lần đầu)")
    serve = commands.add_parser("serve", help="nhận và ký điểm kiểm qua HTTP")
    serve.add_argument(
        "--log",
        action="append",
        required=True,
        metavar="KHÓA",
        help="khóa công khai của nhật ký; thêm khóa mới, sau dấu cách, khi nhật ký đổi khóa",
    )
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8090)
    show = commands.add_parser("show", help="in điểm kiểm gần nhất đã ký của mỗi nhật ký")
    probe = commands.add_parser("probe", help="hỏi nhân chứng đang chạy trên máy này; thoát 0 khi nó trả lời")
    probe.add_argument("--port", type=int, default=8090)
    for command, do in ((key, _key), (serve, _serve), (show, _show), (probe, _probe)):
        command.add_argument(
            "--folder", type=Path, default=Path("witness-data"), help="nơi giữ khóa và trí nhớ"
        )
        command.set_defaults(do=do)
    return parser


def _key(asked: argparse.Namespace) -> None:
    asked.folder.mkdir(parents=True, exist_ok=True)
    path = asked.folder / KEY
    if not path.exists():
        if not asked.name:
            raise Refusal("chưa có khóa; hãy đặt tên cho nhân chứng bằng --name")
        made = PrivateKey.new(asked.name, WITNESS_ALGORITHM)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as target:
            target.write(made.as_text() + "\n")
    sys.stdout.write(f"{_own_key(asked.folder).public}\n")


def _own_key(folder: Path) -> PrivateKey:
    try:
        key = PrivateKey.parse((folder / KEY).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Refusal(f"{folder} chưa có khóa; hãy chạy: congnhan-witness key --name TÊN") from error
    if key.algorithm != WITNESS_ALGORITHM:
        raise Refusal(f"{folder / KEY} không phải khóa của nhân chứng")
    return key


def _show(asked: argparse.Namespace) -> None:
    memory = Memory(asked.folder / MEMORY)
    for origin in memory.origins:
        seen = memory[origin]
        sys.stdout.write(seen.note if seen else "")


def _probe(asked: argparse.Namespace) -> None:
    """Exit 0 where the key in the folder is the one that answers."""
    connection = HTTPConnection("127.0.0.1", asked.port, timeout=5)
    try:
        connection.request("GET", "/")
        said = connection.getresponse().read(4096).decode("utf-8", "replace").strip()
    except HTTPException as error:
        raise Refusal(f"cổng {asked.port} không trả lời như một nhân chứng") from error
    finally:
        connection.close()
    if said != str(_own_key(asked.folder).public):
        raise Refusal(f"cổng {asked.port} là của nhân chứng khác")
    sys.stdout.write(f"{said}\n")


def logs_of(keys: Sequence[str]) -> dict[str, tuple[PublicKey, ...]]:
    """{origin: keys}: a log is named as its keys are. Raises Malformed."""
    found: dict[str, tuple[PublicKey, ...]] = {}
    for text in (one for several in keys for one in several.split()):
        key = PublicKey.parse(text)
        if key.algorithm != LOG_ALGORITHM:
            raise Malformed(f"{text[:60]}: not the key of a log")
        found[key.name] = (*found.get(key.name, ()), key)
    if not found:
        raise Malformed("no key of a log was given")
    return found


def _serve(asked: argparse.Namespace) -> None:
    key, logs = _own_key(asked.folder), logs_of(asked.log)
    with alone(asked.folder):
        witness = Witness(key, logs, Memory(asked.folder / MEMORY), lambda: int(time.time()))
        server = ThreadingHTTPServer((asked.host, asked.port), handler_for(witness))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        sys.stdout.write(f"{key.public}\nhttp://{asked.host}:{server.server_port}\n")
        sys.stdout.flush()
        with server:
            server.serve_forever(poll_interval=0.2)


if __name__ == "__main__":
    main()
