"""The requests that a Python client generated from Azure's document of 2019 sends for its ManifestApi.

Nothing is imported that would do it better: such clients put an apiKey into Authorization as it is, send
one Content-Type and two Accept headers whatever they do, escape the slashes of a name, parse and write
JSON anew, and give a DELETE the body {}. `http.client` repeats headers as they are given.
"""
import base64
import hashlib
import http.client
import json
import os
import ssl
import urllib.parse

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
HOST = os.environ["ADDR"]
TRUST = ssl.create_default_context(cafile=os.environ["CA"])


class Api:
    """registry_oauth2 is a token, bare; registry_auth a name and a password."""

    def __init__(self, registry_oauth2=None, registry_auth=None):
        self.authorization = registry_oauth2
        if registry_auth is not None:
            self.authorization = "Basic " + base64.b64encode(":".join(registry_auth).encode()).decode()

    def call(self, method, name, reference, body=None, accept=None):
        path = "/v2/%s/manifests/%s" % tuple(urllib.parse.quote(part, safe="") for part in (name, reference))
        headers = [("Accept", "application/json"), ("User-Agent", "Swagger-Codegen/1.0.0/python")]
        if accept:
            headers.append(("accept", accept))
        headers.append(("Content-Type", DOCKER if method == "PUT" else "application/json"))
        if self.authorization:
            headers.append(("Authorization", self.authorization))
        text = None if method == "GET" else json.dumps({} if body is None else body).encode()
        if text is not None:
            headers.append(("Content-Length", str(len(text))))
        connection = http.client.HTTPSConnection(HOST, context=TRUST, timeout=30)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for header in headers:
            connection.putheader(*header)
        connection.endheaders(text)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.headers, data

    def create_manifest(self, name, reference, body):
        return self.call("PUT", name, reference, body)

    def get_manifest(self, name, reference, accept=None):
        return self.call("GET", name, reference, accept=accept)

    def delete_manifest(self, name, reference):
        return self.call("DELETE", name, reference)


def token_of(user, password, scope):
    """GetAcrAccessTokenFromLogin."""
    connection = http.client.HTTPSConnection(HOST, context=TRUST, timeout=30)
    query = urllib.parse.urlencode({"service": os.environ["SERVICE"], "scope": scope})
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    connection.request("GET", "/oauth2/token?" + query,
                       headers={"Authorization": "Basic " + basic, "Accept": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    return json.loads(answer.read())["access_token"]


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(digest, size, kind):
    return {"mediaType": kind, "size": int(size), "digest": digest}


CONFIG = descriptor(os.environ["CONFIG"], os.environ["CONFIG_SIZE"],
                    "application/vnd.docker.container.image.v1+json")
LAYER = descriptor(os.environ["LAYER"], os.environ["LAYER_SIZE"],
                   "application/vnd.docker.image.rootfs.diff.tar.gzip")
V2 = {"schemaVersion": 2, "mediaType": DOCKER, "config": CONFIG, "layers": [LAYER]}


def accepted(api, name, reference, body, kind):
    """Creates, and gets it back by tag and by digest, with and without the parameter `accept`."""
    status, headers, _ = api.create_manifest(name, reference, body)
    sent = json.dumps(body).encode()
    assert status == 201, status
    digest = headers["Docker-Content-Digest"]
    assert digest == digest_of(sent), "the digest is that of the bytes sent"
    assert headers["Location"] == f"/v2/{name}/manifests/{digest}", headers["Location"]
    assert headers["Content-Length"] == "0", headers["Content-Length"]
    for wanted in (reference, digest):
        for accept in (None, DOCKER, OCI, "application/json"):
            status, headers, data = api.get_manifest(name, wanted, accept)
            assert status == 200, (wanted, accept, status)
            assert data == sent and json.loads(data) == body
            assert headers["Content-Type"] == kind, headers["Content-Type"]
            assert headers["Docker-Content-Digest"] == digest
    return digest


def refused(answer, status, code):
    """AcrErrors: {"errors":[{"code","message","detail"}]}."""
    assert answer[0] == status, answer
    error = json.loads(answer[2])["errors"][0]
    assert error["code"] == code and error["message"], error


def each_way_to_authenticate(api, tag):
    accepted(api, "team/app", tag, V2, DOCKER)
    print("   %s: created, got, by tag and by digest" % tag)


password = os.environ["MAINTAINER"]
bare = Api(registry_oauth2=token_of("maintainer", password, "repository:team/app:pull,push,delete"))
basic = Api(registry_auth=("maintainer", password))
machine = Api(registry_oauth2=os.environ["MACHINE"])
each_way_to_authenticate(bare, "by-bare-token")
each_way_to_authenticate(basic, "by-password")
each_way_to_authenticate(machine, "by-machine-token")

# One Content-Type for all that a user may create: the body's type counts.
oci = {**V2, "mediaType": OCI, "config": {**CONFIG, "mediaType": "application/vnd.oci.image.config.v1+json"}}
by_type = accepted(bare, "team/app", "oci", oci, OCI)
index = {"schemaVersion": 2, "mediaType": INDEX,
         "manifests": [{"mediaType": OCI, "digest": by_type, "size": len(json.dumps(oci))}]}
accepted(bare, "team/app", "index", index, INDEX)
print("   other types under the one Content-Type")

refused(bare.create_manifest("team/app", "bad", {"schemaVersion": 1, "name": "team/app", "tag": "bad",
                                                 "architecture": "amd64", "fsLayers": [], "history": []}),
        400, "MANIFEST_INVALID")
refused(bare.create_manifest("team/app", "bad", {**V2, "mediaType": "text/plain"}), 400, "MANIFEST_INVALID")
untyped = {name: value for name, value in V2.items() if name != "mediaType"}  # Docker's always had one
refused(bare.create_manifest("team/app", "bad", untyped), 400, "MANIFEST_INVALID")
refused(bare.get_manifest("team/app", "bad"), 404, "MANIFEST_UNKNOWN")
refused(bare.create_manifest("private/app", "1", V2), 401, "UNAUTHORIZED")  # the token is for another one
refused(Api(registry_oauth2="a.b.c").get_manifest("team/app", "oci"), 401, "UNAUTHORIZED")
refused(Api(registry_auth=("maintainer", "guess")).get_manifest("team/app", "oci"), 401, "UNAUTHORIZED")
refused(Api(registry_auth=("reader", os.environ["READER"])).create_manifest("team/app", "2", V2), 403, "DENIED")
assert Api().get_manifest("team/app", "oci")[0] == 200  # everybody's
refused(Api().get_manifest("private/app", "1"), 401, "UNAUTHORIZED")
print("   what is refused, and how it is said")

# A tag alone, then the manifest with every tag of it; again is no error that the client would raise.
for reference in ("by-password", digest_of(json.dumps(V2).encode())):
    status, _, data = bare.delete_manifest("team/app", reference)
    assert status == 202, (reference, status, data)
for reference in ("by-password", "by-bare-token", "by-machine-token"):
    refused(bare.get_manifest("team/app", reference), 404, "MANIFEST_UNKNOWN")
refused(bare.delete_manifest("team/app", "by-password"), 404, "MANIFEST_UNKNOWN")
refused(Api(registry_auth=("writer", os.environ["WRITER"])).delete_manifest("team/app", "oci"), 403, "DENIED")
print("   deleted")
