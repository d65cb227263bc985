#!/usr/bin/env python3
"""Pushes small artifacts over several kept-alive connections at once until the server is gone, and writes
a line for each push that was acknowledged: from then on it must never be lost.

usage: pusher.py HOST:PORT ROUND CONNECTIONS ACKNOWLEDGED_FILE REFUSED_FILE < manifest with NOTE in it
"""
import hashlib
import http.client
import sys
import threading
import time

TYPE = "application/vnd.oci.image.manifest.v1+json"


def push_until_gone(address, prefix, who, template, acknowledged, refused):
    connection = http.client.HTTPConnection(address, timeout=10)
    number = 0
    while True:
        tag = f"t{prefix}-{who}-{number}"
        body = template.replace(b"NOTE", tag.encode())
        try:
            connection.request("PUT", f"/v2/load/p{who}/manifests/{tag}", body, {"Content-Type": TYPE})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return
        if answer.status != 201:
            refused(f"{answer.status}\n")
            return
        acknowledged(f"load/p{who} {tag} sha256:{hashlib.sha256(body).hexdigest()}\n")
        number += 1
        time.sleep(0.004)  # leaves room for the other clients, and keeps the log short enough to recheck


def main(address, prefix, connections, acknowledged_path, refused_path):
    template = sys.stdin.buffer.read()
    lock = threading.Lock()

    def appender(path):
        file = open(path, "a", encoding="ascii", buffering=1)

        def append(line):
            with lock:
                file.write(line)

        return append

    acknowledged, refused = appender(acknowledged_path), appender(refused_path)
    threads = [
        threading.Thread(target=push_until_gone, args=(address, prefix, who, template, acknowledged, refused))
        for who in range(1, int(connections) + 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
