"""The witness over HTTP: POST /add-checkpoint, and GET /HEX/checkpoint for what it cosigned last.

GET / says its key. HEX is the SHA-256 of the log's origin. TLS, where it is wanted, is a proxy's; what is
said is signed.
"""

from __future__ import annotations

import hashlib
import sys
from http.server import BaseHTTPRequestHandler

from witness.cosigning import Answer, Witness
from witness.notes import LARGEST_NOTE

LARGEST_REQUEST = LARGEST_NOTE + 64 * 50
PATIENCE_SECONDS = 10


def path_of(origin: str) -> str:
    """Where a witness shows its last checkpoint of the log."""
    return f"/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"


def handler_for(witness: Witness) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections are kept
        server_version, sys_version = "congnhan-witness", ""
        timeout = PATIENCE_SECONDS

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != "/add-checkpoint":
                self._say_at_last(Answer(404, "POST /add-checkpoint\n"))
            elif not (length.isascii() and length.isdigit()) or len(length) > 9:
                self._say_at_last(Answer(411, "Content-Length, please\n"))
            elif int(length) > LARGEST_REQUEST:
                self._say_at_last(Answer(413, "too large\n"))
            else:
                self._say(_decided(witness, self.rfile.read(int(length))))

        def do_GET(self) -> None:
            if self.path == "/":
                self._say(Answer(200, f"{witness.key}\n"))
                return
            note = next((witness.last(one) for one in witness.origins if path_of(one) == self.path), None)
            self._say(Answer(200, note) if note else Answer(404, "nothing cosigned here\n"))

        def _say_at_last(self, answer: Answer) -> None:
            """What was sent is not read: the next request could not be told from it."""
            self.close_connection = True
            self._say(answer)

        def _say(self, answer: Answer) -> None:
            content = answer.text.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(content)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

    return Handler


def _decided(witness: Witness, body: bytes) -> Answer:
    try:
        return witness.add_checkpoint(body)
    except OSError as error:  # the disk: nothing was remembered, so nothing was signed
        sys.stderr.write(f"congnhan-witness: {error}\n")
        return Answer(503, "cannot remember at present\n")
