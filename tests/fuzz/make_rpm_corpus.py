#!/usr/bin/env python3
"""Writes the seeds of fuzz_rpm into corpus/rpm: small RPMs made field by field."""
import hashlib
import pathlib
import struct

NUMBERS16, NUMBERS, TEXT, BINARY, TEXTS = 3, 4, 6, 7, 8


def header(tags):
    index, data = b"", b""
    for tag, (kind, count, value) in sorted(tags.items()):
        align = {NUMBERS16: 2, NUMBERS: 4}.get(kind, 1)
        data += b"\0" * (-len(data) % align)
        index += struct.pack(">IIII", tag, kind, len(data), count)
        data += value
    return b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", len(tags), len(data)) + index + data


def text(value):
    return (TEXT, 1, value.encode("latin-1") + b"\0")


def texts(*values):
    return (TEXTS, len(values), b"".join(value.encode() + b"\0" for value in values))


def numbers(*values):
    return (NUMBERS, len(values), struct.pack(f">{len(values)}I", *values))


def numbers16(*values):
    return (NUMBERS16, len(values), struct.pack(f">{len(values)}H", *values))


def rpm(tags, payload=b"payload"):
    tags = dict(tags)
    tags[5092] = texts(hashlib.sha256(payload).hexdigest())
    tags[5093] = numbers(8)
    main = header(tags)
    signature = header({
        269: text(hashlib.sha1(main).hexdigest()),
        273: text(hashlib.sha256(main).hexdigest()),
        1000: numbers(len(main + payload)),
        1004: (BINARY, 16, hashlib.md5(main + payload).digest()),
        1007: numbers(64),
    })
    lead = b"\xed\xab\xee\xdb\3\0" + bytes(72) + struct.pack(">H", 5) + bytes(16)
    start = lead + signature
    return start + bytes(-len(start) % 8) + main + payload


NAMED = {1000: text("n"), 1001: text("1"), 1002: text("1"), 1022: text("noarch"),
         1044: text("n-1-1.src.rpm")}
DEPENDENT = NAMED | {
    1003: numbers(1), 1004: text("caf\xe9"), 1005: text("d"),
    1047: texts("n"), 1112: numbers(8), 1113: texts("1:1-1"),
    1049: texts("/bin/sh", "rpmlib(X)"), 1048: numbers(0x200, 10), 1050: texts("", "3.0"),
    1054: texts("c"), 1053: numbers(2), 1055: texts("x:1"),
    5046: texts("r"), 5047: texts("1"), 5048: numbers(4)}
FILES = NAMED | {
    1116: numbers(0, 0, 1), 1117: texts("a", "b", "c"), 1118: texts("/etc/", "/usr/bin/"),
    1030: numbers16(0o100644, 0o040755, 0o100644), 1037: numbers(0, 0, 64),
    1080: numbers(2, 1), 1081: texts("jo", "jo"), 1082: texts("- b", "- a")}

corpus = pathlib.Path(__file__).parent / "corpus" / "rpm"
corpus.mkdir(parents=True, exist_ok=True)
for name, tags in {"named": NAMED, "dependent": DEPENDENT, "files": FILES}.items():
    (corpus / name).write_bytes(rpm(tags))
