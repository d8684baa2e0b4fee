#!/usr/bin/env python3
"""congnhan-verify: kiểm tra một gói hồ sơ xuất từ Công nhận, không cần mạng, không cần hệ thống.

    python3 congnhan_verify.py GÓI.zip [--log-key KHÓA] [--witness-key KHÓA] [--json]

Thoát 0: nguyên vẹn; 1: có chỗ sai, nêu rõ chỗ nào; 2: không đọc được gói.

One file, Python 3.9 or newer, nothing but its standard library. It shares no line with the program that made
the bundle: what it checks is written in docs/log-format.md (RFC 9162, RFC 8032, c2sp.org/signed-note).
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

FILES = ("events.jsonl", "proofs.json", "checkpoint.txt", "keys.json")
LARGEST_FILE = 512 * 1024 * 1024
LOG, WITNESS = 1, 4


class Unreadable(Exception):  # noqa: N818 the bundle is none
    pass


# --- Ed25519 (RFC 8032, §5.1), verification only ------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def recover_x(y: int, sign: int) -> int | None:
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if x * x % P != xx:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != xx or (x == 0 and sign):
        return None
    return x if x & 1 == sign else P - x


def decode_point(data: bytes) -> tuple[int, int, int, int] | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ~(1 << 255)
    x = recover_x(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def add(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, z - t, z + t, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def same(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    if len(public) != 32 or len(signature) != 64:
        return False
    key, commitment = decode_point(public), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or s >= L or times(8, key)[0] == 0:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    base_y = 4 * pow(5, -1, P) % P
    base_x = recover_x(base_y, 0)
    if base_x is None:
        return False
    base = (base_x, base_y, 1, base_x * base_y % P)
    return same(times(s, base), add(commitment, times(k, key)))


# --- Signed notes -------------------------------------------------------------------------------------------


def b64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Unreadable(f"không phải base64: {text[:40]!r}") from error
    if base64.b64encode(data).decode() != text:
        raise Unreadable(f"base64 có bit thừa: {text[:40]!r}")
    return data


def read_key(text: str) -> tuple[str, bytes, int, bytes]:
    """(name, id, type, key) of "NAME+ID+BASE64"."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise Unreadable(f"không phải khóa công khai: {text[:60]!r}")
    material = b64(parts[2])
    key_id = hashlib.sha256(parts[0].encode() + b"\n" + material).digest()[:4]
    if len(material) != 33 or key_id.hex() != parts[1]:
        raise Unreadable(f"khóa không khớp với mã của nó: {text[:60]!r}")
    return parts[0], key_id, material[0], material[1:]


def read_note(whole: str) -> tuple[str, list[tuple[str, bytes]]]:
    """(signed text, [(name, id and signature)])."""
    text, separator, lines = whole.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise Unreadable("checkpoint.txt: không có chữ ký sau một dòng trống")
    signatures = []
    for line in lines[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "—" or not name:
            raise Unreadable("checkpoint.txt: dòng chữ ký sai dạng")
        signatures.append((name, b64(encoded)))
    return text + "\n", signatures


def signed_at(text: str, signatures: Sequence[tuple[str, bytes]], key: str) -> int | None:
    """When the key has signed (0: a log's key says no time); None where it has not."""
    name, key_id, kind, public = read_key(key)
    for signer, blob in signatures:
        if signer != name or blob[:4] != key_id:
            continue
        if kind == LOG and ed25519_holds(public, text.encode(), blob[4:]):
            return 0
        if kind == WITNESS and len(blob) == 76:
            time = int.from_bytes(blob[4:12], "big")
            if ed25519_holds(public, f"cosignature/v1\ntime {time}\n{text}".encode(), blob[12:]):
                return time
    return None


def read_checkpoint(text: str) -> tuple[str, int, bytes]:
    lines = text.split("\n")
    if len(lines) < 4 or not lines[1].isdigit() or str(int(lines[1])) != lines[1]:
        raise Unreadable("checkpoint.txt: không phải một điểm kiểm")
    root = b64(lines[2])
    if len(root) != 32:
        raise Unreadable("checkpoint.txt: gốc của cây phải có 32 byte")
    return lines[0], int(lines[1]), root


# --- The tree (RFC 9162, §2.1) ------------------------------------------------------------------------------


def root_from(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root to which the path leads, by the definition of the tree; None for a path of another length."""
    if size == 1:
        return leaf if not path else None
    if not path:
        return None
    split = 1
    while split * 2 < size:
        split *= 2
    if index < split:
        below = root_from(leaf, index, split, path[:-1])
        pair = (below, path[-1])
    else:
        below = root_from(leaf, index - split, size - split, path[:-1])
        pair = (path[-1], below or b"")
    return None if below is None else hashlib.sha256(b"\x01" + (pair[0] or b"") + pair[1]).digest()


# --- The bundle ---------------------------------------------------------------------------------------------


def read_bundle(path: str) -> dict[str, bytes]:
    """The files that are checked; names and sizes of the archive are not trusted, nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) != len(set(names)) or any(name not in names for name in FILES):
                raise Unreadable(f"gói phải có mỗi tệp một lần: {', '.join(FILES)}")
            if any(archive.getinfo(name).file_size > LARGEST_FILE for name in FILES):
                raise Unreadable("gói quá lớn")
            return {name: archive.read(name) for name in FILES}
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise Unreadable(f"không mở được gói: {error}") from error


def read_json(name: str, content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{name}: không đọc được ({error})") from error


def read_events(content: bytes) -> list[dict[str, Any]]:
    lines = content.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
    events = [read_json("events.jsonl", line.encode("utf-8", "surrogateescape")) for line in lines]
    for event in events:
        kinds = {"body": str, "hash": str, "index": int}
        if not isinstance(event, dict) or any(not isinstance(event.get(k), t) for k, t in kinds.items()):
            raise Unreadable("events.jsonl: mỗi dòng phải có body, hash, index")
    return events


def problems(files: dict[str, bytes], log_keys: Sequence[str], witness_keys: Sequence[str]) -> Iterator[str]:
    """What is wrong, a sentence each. Keys that are given replace those of the bundle."""
    events = read_events(files["events.jsonl"])
    keys = read_json("keys.json", files["keys.json"])
    if not isinstance(keys, dict):
        raise Unreadable("keys.json: sai dạng")
    text, signatures = read_note(files["checkpoint.txt"].decode("utf-8", "replace"))
    origin, size, root = read_checkpoint(text)
    yield from chain_problems(events)
    yield from proof_problems(events, read_json("proofs.json", files["proofs.json"]), size, root)
    logs = list(log_keys or keys.get("log", []))
    if not any(read_key(one)[0] == origin and signed_at(text, signatures, one) is not None for one in logs):
        yield "điểm kiểm: không mang chữ ký của khóa nhật ký nào đã biết"
    for one in witness_keys or keys.get("witnesses", []):
        if signed_at(text, signatures, one) is None:
            yield f"điểm kiểm: không mang chữ ký đúng của nhân chứng {read_key(one)[0]}"


def chain_problems(events: Sequence[dict[str, Any]]) -> Iterator[str]:
    previous, stream = bytes(32), None
    for number, event in enumerate(events, 1):
        body = event["body"].encode("utf-8", "surrogateescape")
        found = hashlib.sha256(previous + body).digest()
        if found.hex() != event["hash"]:
            yield f"sự kiện {number}: mã băm không khớp với nội dung và sự kiện trước"
        said = read_json(f"sự kiện {number}", body)
        place = (said.get("stream"), said.get("stream_id")) if isinstance(said, dict) else None
        stream = stream or place
        if place is None or place != stream or said.get("seq") != number:
            yield f"sự kiện {number}: không phải sự kiện số {number} của hồ sơ này"
        previous = found


def proof_problems(events: Sequence[dict[str, Any]], proofs: Any, size: int, root: bytes) -> Iterator[str]:
    paths = proofs.get("paths") if isinstance(proofs, dict) else None
    if not isinstance(paths, list) or len(paths) != len(events):
        yield "proofs.json: phải có một đường dẫn cho mỗi sự kiện"
        return
    for number, (event, path) in enumerate(zip(events, paths), 1):
        try:
            leaf = hashlib.sha256(b"\x00" + bytes.fromhex(event["hash"])).digest()
            steps = [bytes.fromhex(step) for step in path]
        except (ValueError, TypeError):
            yield f"sự kiện {number}: bằng chứng sai dạng"
            continue
        index = event["index"]
        well_formed = 0 <= index < size and len(steps) <= 64 and all(len(step) == 32 for step in steps)
        if not well_formed or root_from(leaf, index, size, steps) != root:
            yield f"sự kiện {number}: không nằm ở lá số {index} của nhật ký đã ký"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="congnhan-verify", description="Kiểm tra một gói hồ sơ, không cần mạng."
    )
    parser.add_argument("bundle", metavar="GÓI")
    parser.add_argument(
        "--log-key", action="append", default=[], help="khóa công khai của nhật ký đã công bố"
    )
    parser.add_argument("--witness-key", action="append", default=[], help="khóa công khai của nhân chứng")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        files = read_bundle(asked.bundle)
        found = list(problems(files, asked.log_key, asked.witness_key))
        text, signatures = read_note(files["checkpoint.txt"].decode())
        witnesses = asked.witness_key or read_json("keys.json", files["keys.json"]).get("witnesses", [])
        seen = [one for one in witnesses if signed_at(text, signatures, one) is not None]
        count = len(read_events(files["events.jsonl"]))
    except (Unreadable, ValueError, TypeError, AttributeError, RecursionError) as error:
        sys.stderr.write(f"Không đọc được gói: {error}\n")
        raise SystemExit(2) from error
    result = {
        "whole": not found,
        "events": count,
        "size": read_checkpoint(text)[1],
        "witnesses": [read_key(one)[0] for one in seen],
        "problems": found,
    }
    sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=2) + "\n" if asked.json else said(result))
    if not asked.log_key and not asked.json:
        sys.stdout.write("Khóa lấy từ chính gói này: hãy so với khóa đã công bố, hoặc nêu bằng --log-key.\n")
    raise SystemExit(1 if found else 0)


def said(result: dict[str, Any]) -> str:
    lines = [f"SAI: {problem}" for problem in result["problems"]]
    witnesses = ", ".join(result["witnesses"]) or "chưa có nhân chứng nào ký"
    lines.append(f"{result['events']} sự kiện trong nhật ký cỡ {result['size']}; nhân chứng: {witnesses}.")
    lines.append("GÓI KHÔNG NGUYÊN VẸN." if result["problems"] else "Gói nguyên vẹn.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
