"""What users of azure-containerregistry do: the SDK, unmodified, with machine tokens of ours for Azure's.

The SDK exchanges what its credential returns for a refresh token, and that for a token with the scope of
each challenge. Its download_blob cannot read a second chunk (TypeError in 1.2.0), so what is larger than
4 MiB is pushed with it and compared by its digest.
"""
import hashlib
import io
import json
import os
import time
import urllib.request
import ssl

from azure.containerregistry import (ArtifactManifestOrder, ArtifactTagOrder, ContainerRegistryClient)
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError

URL, CA = os.environ["URL"], os.environ["CA"]
OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


class Credential:
    def __init__(self, token):
        self.token = token

    def get_token(self, *scopes, **_):
        return AccessToken(self.token, int(time.time()) + 3600)


def client_of(name):
    credential = Credential(os.environ[name]) if name else None
    return ContainerRegistryClient(URL, credential, connection_verify=CA, retry_total=0)


def say(text):
    print("   " + text, flush=True)


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def refused(status, call, *arguments, **named):
    """The call fails with this HTTP status, and says why in Azure's shape."""
    try:
        call(*arguments, **named)
    except HttpResponseError as error:
        assert error.status_code == status, f"{status} expected, got {error.status_code}: {error}"
        return json.loads(error.response.read())["errors"][0]["code"]
    raise AssertionError(f"{call.__name__}{arguments} was not refused")


def upload_image(client, repository, text, tag=None):
    """An image of one layer; returns its digest and the bytes of its manifest."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []},
                         "config": {"Labels": {"text": text}}}).encode()
    layer = text.encode() * 1000
    parts = []
    for data in (config, layer):
        digest, size = client.upload_blob(repository, io.BytesIO(data))
        assert (digest, size) == (digest_of(data), len(data))
        parts.append({"digest": digest, "size": size})
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": OCI,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **parts[0]},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **parts[1]}]}).encode()
    digest = client.set_manifest(repository, io.BytesIO(manifest), tag=tag)
    assert digest == digest_of(manifest)
    return digest, manifest


writer, maintainer, reader, nobody = (client_of(name) for name in ("WRITER", "MAINTAINER", "READER", None))

# Blobs: small ones come back; one of three chunks arrives whole.
small = os.urandom(4 << 20)
digest, size = writer.upload_blob("team/app", io.BytesIO(small))
assert (digest, size) == (digest_of(small), len(small))
assert b"".join(nobody.download_blob("team/app", digest)) == small
large = os.urandom((9 << 20) + 17)
digest, size = writer.upload_blob("team/app", io.BytesIO(large))
assert (digest, size) == (digest_of(large), len(large))
with urllib.request.urlopen(f"{URL}/v2/team/app/blobs/{digest}",
                            context=ssl.create_default_context(cafile=CA)) as answer:
    assert answer.read() == large
say("blobs of 4 MiB and of three chunks")

# Manifests by tag and by digest.
first, bytes_of_first = upload_image(writer, "team/app", "first", tag="v1")
second, _ = upload_image(writer, "team/app", "second", tag="v2")
untagged, _ = upload_image(writer, "team/app", "untagged")
assert writer.set_manifest("team/app", io.BytesIO(bytes_of_first), tag="stable") == first
for reference in ("v1", "stable", first):
    got = nobody.get_manifest("team/app", reference)
    assert (got.digest, got.media_type) == (first, OCI)
    assert got.manifest == json.loads(bytes_of_first)
index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
    {"mediaType": OCI, "digest": first, "size": len(bytes_of_first)}]}).encode()
both = writer.set_manifest("team/app", io.BytesIO(index), tag="both", media_type=INDEX)
assert nobody.get_manifest("team/app", "both").media_type == INDEX
refused(404, nobody.get_manifest, "team/app", "nothing")
say("manifests by tag and by digest")

# Repositories, page by page, as far as one may see them.
upload_image(writer, "private/app", "private", tag="v1")
upload_image(writer, "team/other", "first", tag="v1")
assert list(nobody.list_repository_names()) == ["team/app", "team/other"]
assert list(reader.list_repository_names(results_per_page=1)) == ["private/app", "team/app", "team/other"]
say("repositories: " + ", ".join(reader.list_repository_names()))

# Properties.
properties = reader.get_repository_properties("team/app")
assert (properties.name, properties.manifest_count, properties.tag_count) == ("team/app", 4, 4)
assert properties.created_on <= properties.last_updated_on
assert all((properties.can_delete, properties.can_list, properties.can_read, properties.can_write))
tags = list(reader.list_tag_properties("team/app", results_per_page=3))
assert [tag.name for tag in tags] == ["both", "stable", "v1", "v2"], [tag.name for tag in tags]
by_time = [tag.name for tag in reader.list_tag_properties(
    "team/app", order_by=ArtifactTagOrder.LAST_UPDATED_ON_DESCENDING)]
assert by_time == ["both", "stable", "v2", "v1"], by_time
tag = reader.get_tag_properties("team/app", "v1")
assert (tag.name, tag.digest) == ("v1", first)
assert tag.created_on <= tag.last_updated_on
manifests = list(reader.list_manifest_properties("team/app", results_per_page=1))
assert {manifest.digest for manifest in manifests} == {first, second, untagged, both}
oldest = [manifest.digest for manifest in reader.list_manifest_properties(
    "team/app", order_by=ArtifactManifestOrder.LAST_UPDATED_ON_ASCENDING)]
assert oldest.index(second) < oldest.index(untagged) < oldest.index(both), oldest
for reference in (first, "v1"):
    manifest = reader.get_manifest_properties("team/app", reference)
    assert manifest.digest == first and sorted(manifest.tags) == ["stable", "v1"]
    assert (manifest.architecture, manifest.operating_system) == ("amd64", "linux")
    assert manifest.size_in_bytes > 0
assert reader.get_manifest_properties("team/app", untagged).tags in ([], None)
for call, arguments in ((reader.get_repository_properties, ("team/none",)),
                        (reader.get_tag_properties, ("team/app", "none")),
                        (reader.get_manifest_properties, ("team/app", digest_of(b"none")))):
    try:
        call(*arguments)
    except ResourceNotFoundError:
        continue
    raise AssertionError(f"{arguments} was found")
say("properties of repositories, tags and manifests")

# Locks lock: nobody changes or deletes, not even whoever set them, until they are taken off.
locked = maintainer.update_tag_properties("team/app", "v1", can_write=False)
assert (locked.can_write, locked.can_delete) == (False, True)
assert reader.get_tag_properties("team/app", "v1").can_write is False
refused(405, maintainer.delete_tag, "team/app", "v1")
refused(405, writer.set_manifest, "team/app", io.BytesIO(index), tag="v1", media_type=INDEX)
maintainer.update_tag_properties("team/app", "v1", can_write=True)
locked = maintainer.update_manifest_properties("team/app", "v2", can_delete=False)
assert (locked.digest, locked.can_delete, locked.can_write) == (second, False, True)
refused(405, maintainer.delete_manifest, "team/app", second)
maintainer.update_manifest_properties("team/app", second, can_delete=True, can_write=False)
refused(405, maintainer.delete_manifest, "team/app", second)
refused(405, maintainer.delete_repository, "team/app")
maintainer.update_manifest_properties("team/app", second, can_write=True)
assert maintainer.update_repository_properties("team/app", can_write=False).can_write is False
refused(405, writer.set_manifest, "team/app", io.BytesIO(index), tag="v9", media_type=INDEX)
refused(405, maintainer.delete_repository, "team/app")
assert maintainer.update_repository_properties("team/app", can_write=True).can_write is True
say("locks: 405 until they are taken off")

# Who may not.
wrong = client_of("WRONG")
for call in (lambda: wrong.get_repository_properties("private/app"),
             lambda: nobody.get_repository_properties("private/app"),
             lambda: nobody.upload_blob("team/app", io.BytesIO(b"x"))):
    try:
        call()
    except ClientAuthenticationError:
        continue
    raise AssertionError("that needed a login")
assert refused(403, reader.upload_blob, "team/app", io.BytesIO(b"x")) == "DENIED"
assert refused(403, writer.delete_tag, "team/app", "v1") == "DENIED"
assert refused(403, writer.update_tag_properties, "team/app", "v1", can_write=False) == "DENIED"
say("a wrong token, no token, too few rights")

# Deletes; what is not there is no error for the SDK.
maintainer.delete_tag("team/app", "stable")
maintainer.delete_tag("team/app", "stable")
assert sorted(tag.name for tag in reader.list_tag_properties("team/app")) == ["both", "v1", "v2"]
maintainer.delete_manifest("team/app", "v2")
maintainer.delete_manifest("team/app", second)
assert {m.digest for m in reader.list_manifest_properties("team/app")} == {first, untagged, both}
maintainer.delete_blob("team/app", digest)
refused(404, nobody.download_blob, "team/app", digest)
maintainer.delete_repository("team/app")
maintainer.delete_repository("team/app")
assert list(nobody.list_repository_names()) == ["team/other"]
say("deleted: a tag, a manifest, a blob, a repository")
