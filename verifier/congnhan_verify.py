#!/usr/bin/env python3
"""congnhan-verify: kiểm tra gói hồ sơ hoặc biên nhận số của Công nhận, không cần mạng và hệ thống.

    python3 congnhan_verify.py GÓI.zip [--log-key KHÓA] [--witness-key KHÓA] [--json]

GÓI.zip cũng có thể là thư mục đã giải nén, hoặc tệp biên nhận (.json).
Thoát 0: nguyên vẹn, nêu rõ nội dung nào gói không có; 1: có chỗ sai, nêu rõ chỗ nào; 2: không đọc được.

One file, Python 3.9 or newer, nothing but its standard library. It shares no line with the program that made
the bundle: what it checks is written in docs/log-format.md (RFC 9162, RFC 8032, c2sp.org/signed-note).
`congnhan_verify.html` checks the same in a browser, and was written apart from this one.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import mmap
import re
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Union

FILES = ("events.jsonl", "proofs.json", "checkpoint.txt", "keys.json")
# What format 1 holds besides; later formats name every file in their manifest.
BESIDE = re.compile(r"README\.txt|congnhan_verify\.[a-z]+")
RECEIPT = "congnhan-receipt/1"
LOG, WITNESS = 1, 4
LARGEST_NUMBER = 2**53 - 1
DEEPEST = 100
HEX, HEX32 = re.compile(r"([0-9a-f]{2})*"), re.compile(r"[0-9a-f]{64}")
# Of one length, lest the first words of a content pass for the end of its salt.
SALT = re.compile(r"[0-9a-f]{32}")
PART_WORDS = ("name", "salt", "digest", "content")

Bytes = Union[bytes, memoryview]  # noqa: UP007 Python 3.9
# Kind, place, sentence.
Found = tuple[str, str, str]
# Name, id, the 32 bytes.
Key = tuple[str, bytes, bytes]
# The signed text, and who is said to have signed: (name, id and signature).
Note = tuple[str, list[tuple[str, bytes]]]


class Unreadable(Exception):  # noqa: N818 it is no bundle and no receipt
    """`kind` names the part that cannot be read."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


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


@lru_cache(maxsize=256)
def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Strict: canonical encodings, S below the order, no key of small order, no cofactor."""
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


# --- Texts: UTF-8, JSON, base64, as strict as the page of the format says -----------------------------------


def read_text(kind: str, name: str, content: Bytes) -> str:
    try:
        return bytes(content).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(kind, f"{name}: không phải văn bản UTF-8") from error


def read_json(kind: str, name: str, text: str) -> Any:
    """No name twice in an object, no NaN, whole numbers within ±(2^53−1), no half of a surrogate pair."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("một tên hai lần")
        return found

    def whole(digits: str) -> int:
        if len(digits) > 17 or abs(int(digits)) > LARGEST_NUMBER:
            raise ValueError("số quá lớn")
        return int(digits)

    def no_constant(word: str) -> None:
        raise ValueError(word)

    try:
        found = json.loads(text, object_pairs_hook=once, parse_int=whole, parse_constant=no_constant)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Unreadable(kind, f"{name}: không phải JSON đúng dạng ({error})") from error
    if depth(found) > DEEPEST:
        raise Unreadable(kind, f"{name}: quá nhiều tầng")
    return found


def depth(value: Any) -> int:
    """How many arrays and objects stand in each other."""
    deepest, level = 0, [value]
    while level := [one for one in level if isinstance(one, (dict, list))]:
        deepest += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return deepest


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def b64(kind: str, text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Unreadable(kind, f"không phải base64: {text[:40]!r}") from error
    if base64.b64encode(data).decode() != text:
        raise Unreadable(kind, f"base64 có bit thừa: {text[:40]!r}")
    return data


def is_hash(value: Any) -> bool:
    return isinstance(value, str) and HEX32.fullmatch(value) is not None


# --- Signed notes -------------------------------------------------------------------------------------------


def read_key(kind: str, text: str, algorithm: int) -> Key:
    """Of "NAME+ID+BASE64"."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not parts[0] or " " in parts[0]:
        raise Unreadable(kind, f"không phải khóa công khai: {text[:60]!r}")
    material = b64(kind, parts[2])
    key_id = hashlib.sha256(parts[0].encode("utf-8", "surrogateescape") + b"\n" + material).digest()[:4]
    if len(material) != 33 or material[0] != algorithm or key_id.hex() != parts[1]:
        whose = "nhật ký" if algorithm == LOG else "nhân chứng"
        raise Unreadable(kind, f"không phải khóa của {whose}, hoặc không khớp với mã của nó: {text[:60]!r}")
    return parts[0], key_id, material[1:]


def read_note(kind: str, whole: str) -> Note:
    text, separator, lines = whole.rpartition("\n\n")
    if len(whole.encode()) > 65536 or re.search(r"[\x00-\x09\x0b-\x1f]", whole):
        raise Unreadable(kind, "văn bản đã ký quá dài hoặc có ký tự điều khiển")
    if not separator or not text or not lines.endswith("\n"):
        raise Unreadable(kind, "không có chữ ký sau một dòng trống")
    signatures = []
    for line in lines[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        blob = b64(kind, encoded)
        if dash != "—" or not name or "+" in name or len(blob) < 5:
            raise Unreadable(kind, "dòng chữ ký sai dạng")
        signatures.append((name, blob))
    if len(signatures) > 64:
        raise Unreadable(kind, "quá nhiều chữ ký")
    return text + "\n", signatures


def signed_by(note: Note, key: Key) -> Iterator[bytes]:
    """What the key is said to have signed with; not yet believed."""
    for signer, blob in note[1]:
        if (signer, blob[:4]) == key[:2]:
            yield blob[4:]


def is_signed_by_log(note: Note, keys: Sequence[Key], origin: str) -> bool:
    return any(
        ed25519_holds(key[2], note[0].encode(), signature)
        for key in keys
        if key[0] == origin
        for signature in signed_by(note, key)
    )


def cosigned_at(note: Note, key: Key) -> int | None:
    """When the witness says that it signed (seconds since 1970); None where it has not."""
    for signature in signed_by(note, key):
        time = int.from_bytes(signature[:8], "big")
        message = f"cosignature/v1\ntime {time}\n{note[0]}".encode()
        if len(signature) == 72 and ed25519_holds(key[2], message, signature[8:]):
            return time
    return None


def read_checkpoint(text: str) -> tuple[str, int, bytes]:
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or "" in lines[:-1] or not re.fullmatch("0|[1-9][0-9]{0,14}", lines[1]):
        raise Unreadable("checkpoint", "không phải một điểm kiểm")
    root = b64("checkpoint", lines[2])
    if len(root) != 32:
        raise Unreadable("checkpoint", "gốc của cây phải có 32 byte")
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
        return None if below is None else hashlib.sha256(b"\x01" + below + path[-1]).digest()
    below = root_from(leaf, index - split, size - split, path[:-1])
    return None if below is None else hashlib.sha256(b"\x01" + path[-1] + below).digest()


def leads(event_hash: Any, index: Any, path: Any, size: int, root: bytes) -> bool:
    well_formed = is_hash(event_hash) and is_whole(index) and isinstance(path, list) and len(path) <= 64
    if not well_formed or not all(is_hash(step) for step in path) or not 0 <= index < size:
        return False
    leaf = hashlib.sha256(b"\x00" + bytes.fromhex(event_hash)).digest()
    return root_from(leaf, index, size, [bytes.fromhex(step) for step in path]) == root


# --- The archive --------------------------------------------------------------------------------------------

LOCAL, CENTRAL, END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")


def read_archive(data: Bytes) -> dict[str, Bytes]:
    """{path: bytes} of a zip as bundles are: nothing compressed, no gap, no extra, nothing twice.

    Nothing is unpacked anywhere. Two readers of one archive must never see two contents: whatever the
    format leaves to a reader's taste is refused.
    """
    if len(data) < END.size or len(data) > 0xFFFFFFFF:
        raise Unreadable("archive", "không phải tệp zip, hoặc quá lớn")
    mark, disk, first, here, count, length, start, comment = END.unpack(data[len(data) - END.size :])
    if mark != b"PK\x05\x06" or comment:
        raise Unreadable("archive", "không kết thúc như một tệp zip; có dữ liệu thừa ở cuối, hoặc bị cắt cụt")
    if disk or first or here != count or start + length + END.size != len(data):
        raise Unreadable("archive", "mục lục của tệp zip không ở đúng chỗ")
    found: dict[str, Bytes] = {}
    entry, place = start, 0
    for _ in range(count):
        name, entry, place, content = read_entry(data, entry, place, start)
        if name in found:
            raise Unreadable("archive", f"có hai tệp cùng tên {name}")
        found[name] = content
    if place != start or entry != start + length:
        raise Unreadable("archive", "giữa các tệp trong zip có dữ liệu không thuộc tệp nào")
    return found


def read_entry(data: Bytes, entry: int, place: int, start: int) -> tuple[str, int, int, Bytes]:
    """The entry of the table at `entry`, whose file must lie at `place`; where the next ones lie."""
    if entry + CENTRAL.size > len(data) or place + LOCAL.size > start:
        raise Unreadable("archive", "mục lục của tệp zip sai")
    mark, _, _, *said, named, extra, remark, disk, _, _, offset = CENTRAL.unpack(
        data[entry : entry + CENTRAL.size]
    )
    flags, method, _, _, crc, packed, size = said
    raw = bytes(data[entry + CENTRAL.size : entry + CENTRAL.size + named])
    begin = place + LOCAL.size + named
    local = LOCAL.unpack(data[place : place + LOCAL.size])
    if mark != b"PK\x01\x02" or local[0] != b"PK\x03\x04" or disk or offset != place or remark or extra:
        raise Unreadable("archive", "mục lục của tệp zip sai")
    if [*local[2:9]] != said or local[9:] != (named, 0) or bytes(data[place + LOCAL.size : begin]) != raw:
        raise Unreadable("archive", "một tệp trong zip khác với mục lục")
    if method or packed != size or flags not in (0, 0x800):
        raise Unreadable("archive", "có tệp bị nén hoặc mã hóa; hãy dùng gói nguyên như khi xuất")
    if begin + size > start:
        raise Unreadable("archive", "một tệp trong zip dài quá chỗ của nó")
    content = data[begin : begin + size]
    if zlib.crc32(content) != crc:
        raise Unreadable("archive", "một tệp trong zip bị hỏng (CRC)")
    return safe_path(raw), entry + CENTRAL.size + named, begin + size, content


def safe_path(raw: bytes) -> str:
    name = read_text("archive", "tên tệp", raw)
    parts = name.split("/")
    if len(raw) > 255 or re.search(r"[\x00-\x1f\x7f\\:]", name) or {"", ".", ".."} & set(parts):
        raise Unreadable("archive", f"tên tệp không an toàn: {name[:60]!r}")
    return name


def read_folder(folder: Path) -> dict[str, Bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {safe_path(path.relative_to(folder).as_posix().encode()): path.read_bytes() for path in paths}


def read_input(path: Path) -> dict[str, Bytes] | bytes:
    """The files of a bundle, or the bytes of a receipt."""
    try:
        if path.is_dir():
            return read_folder(path)
        with path.open("rb") as source:
            if source.read(1) in (b"", b"{"):
                source.seek(0)
                return source.read(64 * 1024 * 1024)
            return read_archive(memoryview(mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)))
    except (OSError, ValueError) as error:
        raise Unreadable("archive", f"không mở được: {error}") from error


# --- The bundle ---------------------------------------------------------------------------------------------


def read_events(content: Bytes) -> list[dict[str, Any]]:
    events = []
    for line in read_text("events", "events.jsonl", content).removesuffix("\n").split("\n"):
        event = read_json("events", "events.jsonl", line)
        texts = [event.get("body"), event.get("hash")] if isinstance(event, dict) else [None]
        if not all(isinstance(one, str) for one in texts) or not is_whole(event.get("index")):
            raise Unreadable("events", "events.jsonl: mỗi dòng phải có body, hash, index")
        events.append(event)
    return events


def read_keys(keys: Any) -> tuple[list[str], list[str]]:
    lists = [keys.get("log"), keys.get("witnesses")] if isinstance(keys, dict) else [None]
    if any(not isinstance(one, list) or len(one) > 100 for one in lists):
        raise Unreadable("keys", "phải có danh sách log và witnesses")
    if any(not isinstance(key, str) for one in lists for key in one or ()):
        raise Unreadable("keys", "khóa phải là chữ")
    return list(lists[0] or ()), list(lists[1] or ())


class Trust:
    """Whose signatures count: the keys that somebody named, else those that came with what is checked."""

    def __init__(self, keys: Any, log_keys: Sequence[str], witness_keys: Sequence[str]) -> None:
        logs, witnesses = read_keys(keys)
        self.whose = "given" if log_keys else "keys"
        self.logs = [read_key(self.whose, key, LOG) for key in log_keys or logs]
        kind = "given" if witness_keys else "keys"
        self.witnesses = [read_key(kind, key, WITNESS) for key in witness_keys or witnesses]
        # {name: seconds since 1970}, as signatures are found to hold.
        self.seen: dict[str, int] = {}

    def problems(self, note: Note, origin: str) -> Iterator[Found]:
        """What is wrong with the signatures under a checkpoint."""
        if not is_signed_by_log(note, self.logs, origin):
            yield "log-signature", "điểm kiểm", "không mang chữ ký của khóa nhật ký nào đã biết"
        for key in self.witnesses:
            time = cosigned_at(note, key)
            if time is None:
                yield "witness-signature", "điểm kiểm", f"không mang chữ ký đúng của nhân chứng {key[0]}"
            else:
                self.seen[key[0]] = time


# Told from the log for people and other programs; nothing signed says what is in them.
PRESENTED = ("case.ocel.json", "case.xes", "events.csv", "history.pdf")
UNPROVED = "chỉ là bản trình bày, không được nhật ký chứng minh; căn cứ là events.jsonl và nội dung đã khớp"


def verify_bundle(
    files: Mapping[str, Bytes], log_keys: Sequence[str], witness_keys: Sequence[str]
) -> dict[str, Any]:
    """Raises Unreadable; else the verdict with the first bad place of each kind."""
    missing = [name for name in FILES if name not in files]
    if missing:
        raise Unreadable("missing", f"gói thiếu {', '.join(missing)}")
    texts = {name: read_text(name.split(".")[0], name, files[name]) for name in FILES[1:]}
    events = read_events(files["events.jsonl"])
    trust = Trust(read_json("keys", "keys.json", texts["keys.json"]), log_keys, witness_keys)
    note = read_note("checkpoint", texts["checkpoint.txt"])
    origin, size, root = read_checkpoint(note[0])
    proofs = read_json("proofs", "proofs.json", texts["proofs.json"])
    manifest = None
    if "manifest.json" in files:
        manifest = read_manifest(read_text("manifest", "manifest.json", files["manifest.json"]))
    bodies = [read_body(event["body"]) for event in events]
    held = Held()
    found = [
        *chain_problems(events, bodies),
        *proof_problems(events, proofs, size, root),
        *trust.problems(note, origin),
        *manifest_problems(files, manifest),
        *content_problems(files, bodies, held),
        *file_problems(files, held),
        *process_problems(files, bodies),
    ]
    more = {"origin": origin, "events": len(events), "format": 1 if manifest is None else 2}
    more["presented"] = [name for name in PRESENTED if name in files]
    return verdict("bundle", found, trust, size, **more, **account(bodies, held))


def read_body(body: str) -> dict[str, Any]:
    try:
        said = read_json("body", "", body)
    except Unreadable:
        return {}
    return said if isinstance(said, dict) else {}


def chain_problems(events: Sequence[dict[str, Any]], bodies: Sequence[dict[str, Any]]) -> Iterator[Found]:
    previous, stream = bytes(32), None
    for number, (event, said) in enumerate(zip(events, bodies), 1):
        found = hashlib.sha256(previous + event["body"].encode()).digest()
        if found.hex() != event["hash"]:
            yield "chain", f"sự kiện {number}", "mã băm không khớp với nội dung và sự kiện trước"
        place = (said.get("stream"), said.get("stream_id"))
        known = all(isinstance(one, str) for one in place)
        stream = stream or (place if known else None)
        if not known or place != stream or not is_whole(said.get("seq")) or said["seq"] != number:
            yield "number", f"sự kiện {number}", f"không phải sự kiện số {number} của hồ sơ này"
        previous = found


def proof_problems(events: Sequence[dict[str, Any]], proofs: Any, size: int, root: bytes) -> Iterator[Found]:
    paths = proofs.get("paths") if isinstance(proofs, dict) else None
    if not isinstance(paths, list) or len(paths) != len(events):
        yield "proof", "proofs.json", "phải có một đường dẫn cho mỗi sự kiện"
        return
    if not is_whole(proofs.get("size")) or proofs["size"] != size:
        yield "proof", "proofs.json", "nói một cỡ khác với điểm kiểm"
    for number, (event, path) in enumerate(zip(events, paths), 1):
        if not leads(event["hash"], event["index"], path, size, root):
            yield "proof", f"sự kiện {number}", f"không nằm ở lá số {event['index']} của nhật ký đã ký"


def read_manifest(text: str) -> list[dict[str, Any]]:
    said = read_json("manifest", "manifest.json", text)
    files = said.get("files") if isinstance(said, dict) else None
    if not isinstance(files, list) or said.get("format") != "congnhan-bundle/2":
        raise Unreadable("manifest", "manifest.json: không phải định dạng congnhan-bundle/2")
    for one in files:
        named = isinstance(one, dict) and isinstance(one.get("path"), str)
        if not named or not is_whole(one.get("size")) or not is_hash(one.get("sha256")):
            raise Unreadable("manifest", "manifest.json: mỗi tệp phải có path, size, sha256")
    return files


def manifest_problems(files: Mapping[str, Bytes], manifest: list[dict[str, Any]] | None) -> Iterator[Found]:
    if manifest is None:
        for name in sorted(files):
            if name not in FILES and not BESIDE.fullmatch(name):
                yield "manifest", name, "gói không có manifest.json thì không được có tệp này"
        return
    left = set(files) - {"manifest.json"}
    for one in manifest:
        path = one["path"]
        if path not in left:
            yield "manifest", path, "không có trong gói, hoặc được nêu hai lần"
            continue
        left.discard(path)
        if len(files[path]) != one["size"] or hashlib.sha256(files[path]).hexdigest() != one["sha256"]:
            yield "manifest", path, "khác với mã băm trong manifest.json"
    for name in sorted(left):
        yield "manifest", name, "không được nêu trong manifest.json"


class Held:
    """What lies in the bundle and agrees with its digest, as it is found; files' names by their hashes."""

    def __init__(self) -> None:
        self.parts: dict[tuple[int, str], Bytes] = {}
        self.files: dict[str, str] = {}


def content_problems(
    files: Mapping[str, Bytes], bodies: Sequence[dict[str, Any]], held: Held
) -> Iterator[Found]:
    """What was handed over and typed, against the digests of the events."""
    typed = {name for name in files if name.startswith(("submissions/", "private/"))}
    for name in sorted(name for name in typed if name.endswith(".json")):
        typed.discard(name)
        part = read_part(name, files)
        typed.discard(part.get("content", ""))
        if part and is_of_an_event(name, part, files[part["content"]], bodies):
            held.parts[part["seq"], part["name"]] = files[part["content"]]
        else:
            yield "content", name, "nội dung không khớp với mã băm trong sự kiện"
    for name in sorted(typed):
        yield "content", name, "không thuộc sự kiện nào"


def read_part(name: str, files: Mapping[str, Bytes]) -> dict[str, Any]:
    """Which event's which digest it is, with which salt, where the bytes lie; nothing for another form."""
    try:
        part = read_json("content", name, read_text("content", name, files[name]))
    except Unreadable:
        return {}
    if not isinstance(part, dict) or any(not isinstance(part.get(one), str) for one in PART_WORDS):
        return {}
    return (
        part
        if SALT.fullmatch(part["salt"]) and is_whole(part.get("seq")) and part["content"] in files
        else {}
    )


def is_of_an_event(
    name: str, part: Mapping[str, Any], content: Bytes, bodies: Sequence[dict[str, Any]]
) -> bool:
    digests = bodies[part["seq"] - 1].get("digests") if 1 <= part["seq"] <= len(bodies) else None
    digest = hashlib.sha256(bytes.fromhex(part["salt"]) + bytes(content)).hexdigest()
    in_place = part["name"] == "submission" or not name.startswith("submissions/")
    known = isinstance(digests, dict) and digests.get(part["name"]) == digest
    return in_place and known and part["digest"] == digest


def file_problems(files: Mapping[str, Bytes], held: Held) -> Iterator[Found]:
    for name in sorted(name for name in files if name.startswith("files/")):
        if hashlib.sha256(files[name]).hexdigest() != name[6:70] or name[70:71] != "-":
            yield "file", name, "nội dung khác với mã băm trong tên"
        else:
            held.files[name[6:70]] = name[71:]


def process_problems(files: Mapping[str, Bytes], bodies: Sequence[dict[str, Any]]) -> Iterator[Found]:
    """The procedure in the bundle against the hash by which the events name it."""
    name = "process/process.json"
    if name not in files:
        if any(path.startswith("process/") for path in files):
            yield "process", name, "không có, dù gói có tệp của quy trình"
        return
    try:
        process = read_json("process", name, read_text("process", name, files[name]))
        parts: dict[str, Any] = {
            "diagram": sha256_of(files, process["diagram"]),
            "forms": {key: sha256_of(files, path) for key, path in process["forms"].items()},
            "catalogue": sha256_of(files, "process/catalogue.json"),
        }
        if process["calls"]:
            parts["calls"] = {key: called["content_hash"] for key, called in process["calls"].items()}
        # RFC 8785 of objects of texts: keys in the order of their UTF-16 units.
        found = hashlib.sha256(json.dumps(ordered(parts), ensure_ascii=False, separators=(",", ":")).encode())
        named = [body["versions"].get("process") for body in bodies if isinstance(body.get("versions"), dict)]
        agrees = found.hexdigest() == process["content_hash"] and process["content_hash"] in named
        agrees = agrees and all(isinstance(one, str) for one in parts.get("calls", {}).values())
    except (Unreadable, KeyError, TypeError, AttributeError):
        agrees = False
    if not agrees:
        yield "process", name, "không phải quy trình mà các sự kiện nêu"


def sha256_of(files: Mapping[str, Bytes], path: Any) -> str:
    return hashlib.sha256(files[path]).hexdigest()


def ordered(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: ordered(value[key]) for key in in_order(value)}


def in_order(names: Any) -> list[str]:
    """By UTF-16 units, as RFC 8785 has them; nothing of what is no object."""
    return sorted(names, key=lambda key: key.encode("utf-16-be")) if isinstance(names, dict) else []


# --- What the bundle holds of what its events name: lacks are told, and are no alterations ------------------

UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def account(bodies: Sequence[dict[str, Any]], held: Held) -> dict[str, Any]:
    """`checked`: of how many, {kind: [held, named]}; `missing`; `erased`: with the event that tells it."""
    erased = erasures(bodies)
    parts: dict[tuple[int, str], int] = {}
    for seq, body in enumerate(bodies, 1):
        digests: Any = body.get("digests")
        for name in in_order(digests):
            what = "submission" if name == "submission" else "private"
            parts[seq, name] = later(erased, (what, seq, name, text_of(digests[name])), seq)
    signed = signed_copies(bodies)
    evidence, names = evidence_named(held, erased)
    files = {**evidence, **dict.fromkeys(signed, 0)}
    kinds: dict[str, dict[Any, int]] = {
        "submissions": {seq: by for (seq, name), by in parts.items() if name == "submission"},
        "private": {key: by for key, by in parts.items() if key[1] != "submission"},
        "files": {sha256: files[sha256] for sha256 in sorted(files)},
    }
    have: dict[str, set[Any]] = {
        "submissions": {seq for seq, name in held.parts if name == "submission"},
        "private": set(held.parts),
        "files": set(held.files),
    }
    lacks = {
        kind: {key: by for key, by in all_.items() if key not in have[kind]} for kind, all_ in kinds.items()
    }
    missing = {kind: [key for key, by in of.items() if not by] for kind, of in lacks.items()}
    erased_by = {kind: [(key, by) for key, by in of.items() if by] for kind, of in lacks.items()}
    stray = {sha256: name for sha256, name in sorted(held.files.items()) if sha256 not in files}
    return {
        "checked": {kind: [len(of) - len(lacks[kind]), len(of)] for kind, of in kinds.items()},
        "missing": missing,
        "erased": erased_by,
        "notices": [
            *missing_notices(missing, signed, names),
            *erased_notices(erased_by, names),
            *strays(stray),
        ],
    }


def signed_copies(bodies: Sequence[dict[str, Any]]) -> dict[str, int]:
    """{SHA-256: number of the event} of those that no later one has replaced."""
    found: dict[str, int] = {}
    for number, body in enumerate(bodies, 1):
        data = body.get("data")
        if body.get("type") == "signed_copy_filed" and isinstance(data, dict):
            found.pop(text_of(data.get("replaces")), None)
            if is_hash(data.get("sha256")):
                found[data["sha256"]] = number
    return found


def erasures(bodies: Sequence[dict[str, Any]]) -> dict[tuple[Any, ...], int]:
    """{what is erased: number of the last event that tells it}."""
    found: dict[tuple[Any, ...], int] = {}
    for number, body in enumerate(bodies, 1):
        data = body.get("data")
        items = data.get("items") if body.get("type") == "content_erased" and isinstance(data, dict) else None
        for item in items if isinstance(items, list) else ():
            if not isinstance(item, dict):
                continue
            what, seq, digest = item.get("what"), item.get("seq"), text_of(item.get("digest"))
            if what == "submission" and is_whole(seq):
                found[what, seq, what, digest] = number
            elif (
                what == "private"
                and is_whole(seq)
                and text_of(item.get("stream")) == text_of(body.get("stream"))
            ):
                found[what, seq, text_of(item.get("name")), digest] = number
            elif what == "evidence":
                found[what, text_of(item.get("id")), text_of(item.get("sha256"))] = number
    return found


def later(erased: Mapping[tuple[Any, ...], int], key: tuple[Any, ...], seq: int) -> int:
    """The event after `seq` that tells it; 0 for none."""
    number = erased.get(key, 0)
    return number if number > seq else 0


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def evidence_named(
    held: Held, erased: Mapping[tuple[Any, ...], int]
) -> tuple[dict[str, int], dict[str, str]]:
    """({SHA-256: event that tells its erasing, 0 for none}, {SHA-256: name}) of what submissions name."""
    found: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for seq, name in sorted(held.parts):
        if name != "submission":
            continue
        try:
            said = read_json("content", "", read_text("content", "", held.parts[seq, name]))
        except Unreadable:
            continue
        listed: Any = said.get("files") if isinstance(said, dict) else None
        for file_id in in_order(listed):
            file = listed[file_id]
            if not isinstance(file, dict) or not is_hash(file.get("sha256")):
                continue
            sha256 = file["sha256"]
            found.setdefault(sha256, []).append(later(erased, ("evidence", file_id, sha256), seq))
            names.setdefault(sha256, text_of(file.get("name")))
    return {sha256: 0 if 0 in by else max(by) for sha256, by in found.items()}, names


def missing_notices(
    missing: Mapping[str, Sequence[Any]], signed: Mapping[str, int], names: Mapping[str, str]
) -> Iterator[str]:
    unchecked = "không kiểm tra được nội dung ấy"
    if missing["submissions"]:
        yield f"gói không có nội dung nộp của sự kiện {numbers(missing['submissions'])}; {unchecked}"
    if missing["private"]:
        told = numbers(key[0] for key in missing["private"])
        yield f"gói không có lý do, ghi chú đã gõ của sự kiện {told}; {unchecked}"
    evidence = [sha256 for sha256 in missing["files"] if sha256 in names]
    if evidence:
        yield f"gói không có {len(evidence)} tệp mà nội dung nộp nêu: {listed_files(evidence, names)}"
    copies = [signed[sha256] for sha256 in missing["files"] if sha256 not in names]
    if copies:
        yield f"gói không có bản đã ký mà sự kiện {numbers(copies)} nêu"


def erased_notices(
    erased: Mapping[str, Sequence[tuple[Any, int]]], names: Mapping[str, str]
) -> Iterator[str]:
    for number in sorted({by for of in erased.values() for _, by in of}):
        end = f"đã xóa theo quyết định, sự kiện {number}"
        of = {kind: [key for key, by in keys if by == number] for kind, keys in erased.items()}
        if of["submissions"]:
            yield f"nội dung nộp của sự kiện {numbers(of['submissions'])} {end}"
        if of["private"]:
            yield f"lý do, ghi chú đã gõ của sự kiện {numbers(key[0] for key in of['private'])} {end}"
        if of["files"]:
            yield f"{len(of['files'])} tệp mà nội dung nộp nêu {end}: {listed_files(of['files'], names)}"


def strays(names: Mapping[str, str]) -> Iterator[str]:
    if names:
        told = listed_files(names, names)
        yield f"gói có {len(names)} tệp mà không nội dung nộp hay sự kiện nào trong gói nêu: {told}"


def numbers(seqs: Iterable[int]) -> str:
    return ", ".join(str(seq) for seq in sorted(set(seqs)))


def listed_files(hashes: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(f"“{UNSAFE.sub('?', names[one])[:60]}” ({one[:12]}…)" for one in hashes)


# --- The receipt --------------------------------------------------------------------------------------------


def verify_receipt(content: bytes, log_keys: Sequence[str], witness_keys: Sequence[str]) -> dict[str, Any]:
    """Raises Unreadable. What the log's key has stated, and whether it stands in a signed checkpoint."""
    said = read_json("receipt", "biên nhận", read_text("receipt", "biên nhận", content))
    if not isinstance(said, dict) or said.get("format") != RECEIPT or not isinstance(said.get("note"), str):
        raise Unreadable("receipt", f"không phải biên nhận số dạng {RECEIPT}")
    note = read_note("receipt", said["note"])
    facts, digests = read_facts(note[0])
    trust = Trust(said.get("keys"), log_keys, witness_keys)
    found: list[Found] = []
    if not is_signed_by_log(note, trust.logs, facts["log"]):
        found.append(("receipt-signature", "biên nhận", "không mang chữ ký của khóa nhật ký nào đã biết"))
    found += part_problems(said.get("parts"), digests)
    proof, size = said.get("proof"), None
    if proof is not None:
        if not isinstance(proof, dict) or not isinstance(proof.get("checkpoint"), str):
            raise Unreadable("receipt", "bằng chứng của biên nhận sai dạng")
        signed = read_note("checkpoint", proof["checkpoint"])
        origin, size, root = read_checkpoint(signed[0])
        if origin != facts["log"]:
            found.append(("proof", "biên nhận", "điểm kiểm là của nhật ký khác"))
        if not leads(facts["event"], proof.get("index"), proof.get("path"), size, root):
            found.append(("proof", "biên nhận", "sự kiện không nằm ở lá đã nêu của nhật ký đã ký"))
        found += trust.problems(signed, facts["log"])
    return verdict("receipt", found, trust, size, origin=facts["log"], facts=facts)


FACTS = ("log", "case", "stream", "seq", "type", "at", "event")


def read_facts(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """({fact: value}, {name: digest}) of the lines of a receipt."""
    lines = text[:-1].split("\n")
    facts = dict(zip(FACTS, [line.partition(" ")[2] for line in lines[1:8]]))
    named = [line.partition(" ")[0] for line in lines[1:8]]
    rest = [line.split(" ") for line in lines[8:]]
    digests = {one[1]: one[2] for one in rest if len(one) == 3 and one[0] == "digest" and is_hash(one[2])}
    if lines[0] != RECEIPT or named != list(FACTS) or not all(facts.values()) or len(digests) != len(rest):
        raise Unreadable("receipt", "văn bản đã ký của biên nhận sai dạng")
    return facts, digests


def part_problems(parts: Any, digests: Mapping[str, str]) -> Iterator[Found]:
    if not isinstance(parts, list):
        raise Unreadable("receipt", "thiếu danh sách nội dung (parts)")
    for part in parts:
        words = (part.get("name"), part.get("salt"), part.get("content")) if isinstance(part, dict) else ()
        texts = [word for word in words if isinstance(word, str)]
        if len(texts) != 3 or not HEX.fullmatch(texts[1]):
            raise Unreadable("receipt", "nội dung kèm biên nhận sai dạng")
        name, salt, content = texts
        digest = hashlib.sha256(bytes.fromhex(salt) + content.encode()).hexdigest()
        if not SALT.fullmatch(salt) or digests.get(name) != digest:
            yield "content", name, "nội dung kèm theo không khớp với mã băm đã ký"


# --- What is said -------------------------------------------------------------------------------------------


def verdict(what: str, found: Sequence[Found], trust: Trust, size: int | None, **more: Any) -> dict[str, Any]:
    first: dict[str, dict[str, Any]] = {}
    for kind, place, sentence in found:
        one = first.setdefault(kind, {"kind": kind, "place": place, "sentence": sentence, "times": 0})
        one["times"] += 1
    return {
        "what": what,
        "verdict": "altered" if first else "whole",
        "size": size,
        "witnesses": trust.seen,
        "keys": trust.whose,
        "findings": list(first.values()),
        **more,
    }


def verify(
    given: dict[str, Bytes] | bytes, log_keys: Sequence[str] = (), witness_keys: Sequence[str] = ()
) -> dict[str, Any]:
    """Files of a bundle, or the bytes of a receipt."""
    try:
        if isinstance(given, dict):
            return verify_bundle(given, log_keys, witness_keys)
        return verify_receipt(given, log_keys, witness_keys)
    except Unreadable as error:
        return unreadable(error)


def unreadable(error: Unreadable) -> dict[str, Any]:
    finding = {"kind": error.kind, "place": "", "sentence": str(error), "times": 1}
    return {"what": "", "verdict": "unreadable", "findings": [finding]}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="congnhan-verify", description="Kiểm tra một gói hồ sơ hoặc một biên nhận số, không cần mạng."
    )
    parser.add_argument("bundle", metavar="GÓI", help="gói .zip, thư mục đã giải nén, hoặc biên nhận .json")
    parser.add_argument(
        "--log-key", action="append", default=[], help="khóa công khai của nhật ký đã công bố"
    )
    parser.add_argument("--witness-key", action="append", default=[], help="khóa công khai của nhân chứng")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        result = verify(read_input(Path(asked.bundle)), asked.log_key, asked.witness_key)
    except Unreadable as error:
        result = unreadable(error)
    if asked.json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
    elif result["verdict"] == "unreadable":
        sys.stderr.write(f"Không đọc được gói: {result['findings'][0]['sentence']}\n")
    else:
        sys.stdout.write(said(result))
    raise SystemExit({"whole": 0, "altered": 1, "unreadable": 2}[result["verdict"]])


UNWITNESSED = "chưa có nhân chứng nào ký: ai giữ khóa của nhật ký vẫn có thể viết lại tất cả"
REMEDY = "xin bản khác từ nguồn độc lập và báo cơ quan thanh tra, kiểm tra"
WORDS = {"submissions": "nội dung nộp", "private": "lý do, ghi chú đã gõ", "files": "tệp"}


def said(result: Mapping[str, Any]) -> str:
    bundle, whole = result["what"] == "bundle", result["verdict"] == "whole"
    name = "Gói" if bundle else "Biên nhận"
    lines = []
    for one in result["findings"]:
        more = f" (và {one['times'] - 1} chỗ nữa cùng loại)" if one["times"] > 1 else ""
        lines.append(f"SAI: {one['place']}: {one['sentence']}{more}")
    if not whole:
        lines.append(f"Giữ nguyên {name.lower()} này, {REMEDY}.")
    witnesses = f"; nhân chứng: {', '.join(result['witnesses'])}." if result["witnesses"] else "."
    if bundle:
        lines.append(f"{result['events']} sự kiện trong nhật ký cỡ {result['size']}{witnesses}")
        if any(held for held, _ in result["checked"].values()) and not (
            {"content", "file"} & {one["kind"] for one in result["findings"]}
        ):
            lines.append(f"Đúng: {agreeing(result['checked'])}.")
        lines += [f"Chú ý: {notice}." for notice in result["notices"]]
        if result["presented"]:
            lines.append(f"Chú ý: {', '.join(result['presented'])} {UNPROVED}.")
    else:
        facts = result["facts"]
        lines.append(f"Hồ sơ {facts['case']}, sự kiện {facts['seq']} ({facts['type']}), lúc {facts['at']}.")
        lines.append(
            "Chưa có điểm kiểm: mới chỉ là lời hứa của nhật ký; hãy tải lại biên nhận sau vài giây."
            if result["size"] is None
            else f"Nằm trong nhật ký cỡ {result['size']}{witnesses}"
        )
    if result["size"] is not None and not result["witnesses"]:
        lines.append(f"Chú ý: {UNWITNESSED}.")
    if result["keys"] != "given":
        lines.append("Khóa lấy từ chính tệp này: hãy so với khóa đã công bố, hoặc nêu bằng --log-key.")
    lacking = ", nhưng thiếu nội dung" if bundle and any(result["missing"].values()) else ""
    lines.append(f"{name} nguyên vẹn{lacking}." if whole else f"{name.upper()} KHÔNG NGUYÊN VẸN.")
    return "\n".join(lines) + "\n"


def agreeing(checked: Mapping[str, Sequence[int]]) -> str:
    """Of {kind: [held, named]}."""
    counts = [f"{held}/{named} {WORDS[kind]}" for kind, (held, named) in checked.items() if named]
    start, last = counts[:-1], counts[-1]
    return f"{', '.join(start)}{' và ' if start else ''}{last} có trong gói khớp với mã băm đã ghi"


if __name__ == "__main__":
    main()
