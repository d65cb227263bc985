#!/usr/bin/env python3
"""Writes the golden proof files anew: python3 make_golden.py (needs the package "cryptography").

Independent of varve on purpose: RFC 6962 and signed-note from their texts.
"""
import base64
import hashlib
import pathlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent
INDEX, SIZE = 4, 7


def b64(data):
    return base64.b64encode(data).decode()


def sha256(data):
    return hashlib.sha256(data).digest()


class Key:
    def __init__(self, name, seed):
        self.name = name
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.typed = b"\x01" + public
        self.id = sha256(name.encode() + b"\n" + self.typed)[:4]

    def vkey(self):
        return f"{self.name}+{self.id.hex()}+{b64(self.typed)}"

    def note(self, text):
        signature = self.id + self.private.sign(text.encode())
        return f"{text}\n— {self.name} {b64(signature)}\n"


def split(count):
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def root(leaves):
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0])
    k = split(len(leaves))
    return sha256(b"\1" + root(leaves[:k]) + root(leaves[k:]))


def path(index, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return path(index, leaves[:k]) + [root(leaves[k:])]
    return path(index - k, leaves[k:]) + [root(leaves[:k])]


def main():
    log = Key("log.example", bytes(range(32)))
    events = Key("log.example/events", bytes(range(32, 64)))
    manifest = b'{"schemaVersion":2}'
    text = (
        '{"actor":{"auth":"local","id":"builder"},"at":"2026-11-21T17:20:11.123456Z","batch":[0,1],'
        '"data":{"digest":"sha256:' + hashlib.sha256(manifest).hexdigest() + '",'
        '"media_type":"application/vnd.oci.image.manifest.v1+json","repo":"team/app",'
        f'"size":{len(manifest)}}},"index":{INDEX},"request":"01JD7Z3W9G8Q4T2N5V6X1R0Y8K",'
        '"surface":"oci","type":"oci.manifest.put","v":1}\n'
    )
    leaves = [f"entry {i}".encode() for i in range(SIZE)]
    leaves[INDEX] = events.note(text).encode()
    lines = ["c2sp.org/tlog-proof@v1", "extra " + b64(leaves[INDEX]), f"index {INDEX}"]
    lines += [b64(digest) for digest in path(INDEX, leaves)]
    checkpoint = log.note(f"{log.name}\n{SIZE}\n{b64(root(leaves))}\n")
    proof = "\n".join(lines) + "\n\n" + checkpoint
    (HERE / "manifest_put.tlog-proof").write_text(proof, encoding="utf-8")
    (HERE / "log.example.vkey").write_text(
        f"# the keys of the tests: anybody can sign with them\n{log.vkey()}\n{events.vkey()}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
