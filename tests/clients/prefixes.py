#!/usr/bin/env python3
"""Reads all entries of a log over HTTP and checks, with a Merkle tree of its own, that the root in every
saved checkpoint is the root of that many entries. Stronger than consistency proofs, and shares no code
with the server.

usage: prefixes.py URL NEWEST_CHECKPOINT DIRECTORY_OF_CHECKPOINTS
"""
import base64
import hashlib
import os
import struct
import sys
import urllib.request


def read_checkpoint(path):
    with open(path, encoding="utf-8") as file:
        origin, size, root = file.read().split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


def tile_path(index):
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups)


def entries(url, size):
    for bundle in range((size + 255) // 256):
        width = min(256, size - 256 * bundle)
        path = f"{url}/log/tile/entries/{tile_path(bundle)}" + (f".p/{width}" if width < 256 else "")
        with urllib.request.urlopen(path, timeout=30) as answer:
            data = answer.read()
        at = 0
        while at < len(data):
            (length,) = struct.unpack_from(">H", data, at)
            yield data[at + 2 : at + 2 + length]
            at += 2 + length


class Tree:
    """The full subtrees of a growing RFC 6962 tree, largest first."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def add(self, entry):
        node, level, count = hashlib.sha256(b"\x00" + entry).digest(), 0, self.size
        while count & 1:
            node = hashlib.sha256(b"\x01" + self.peaks.pop() + node).digest()
            level, count = level + 1, count >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = hashlib.sha256(b"\x01" + peak + node).digest()
        return node


def main(url, newest, directory):
    origin, size, root = read_checkpoint(newest)
    wanted = {}
    for name in os.listdir(directory):
        seen_origin, seen_size, seen_root = read_checkpoint(os.path.join(directory, name))
        if seen_origin != origin:
            sys.exit(f"a checkpoint of another log was served: {seen_origin}")
        if seen_size > size:
            sys.exit(f"a checkpoint of size {seen_size} was served, the log has {size} entries now")
        if wanted.setdefault(seen_size, seen_root) != seen_root:
            sys.exit(f"two roots were served for size {seen_size}")
    tree = Tree()
    checked = 0
    for entry in entries(url, size):
        tree.add(entry)
        if tree.size in wanted:
            if tree.root() != wanted[tree.size]:
                sys.exit(f"the checkpoint of size {tree.size} is not a prefix of this log")
            checked += 1
    if tree.size != size or tree.root() != root:
        sys.exit(f"the newest checkpoint does not match the {tree.size} entries served")
    if checked != len(wanted):
        sys.exit(f"only {checked} of {len(wanted)} sizes could be checked")
    print(f"   {checked} checkpoints are prefixes of the log of {size} entries")


if __name__ == "__main__":
    main(*sys.argv[1:])
