// What users of @azure/container-registry do: the SDK, unmodified, with machine tokens of ours for Azure's.
// NODE_EXTRA_CA_CERTS names the authority; the SDK talks to nothing but HTTPS.
"use strict";
const assert = require("node:assert/strict");
const { createHash, randomBytes } = require("node:crypto");
const { Readable } = require("node:stream");
const {
  ContainerRegistryClient,
  ContainerRegistryContentClient,
  KnownManifestMediaType,
} = require("@azure/container-registry");

const { URL: endpoint } = process.env;
const OCI = KnownManifestMediaType.OciImageManifest;
const options = { retryOptions: { maxRetries: 0 } };

const digestOf = (data) => "sha256:" + createHash("sha256").update(data).digest("hex");
const say = (text) => console.log("   " + text);

function credentialOf(token) {
  return { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3600_000 }) };
}
// Of nobody without a name.
function clientOf(name) {
  return name
    ? new ContainerRegistryClient(endpoint, credentialOf(process.env[name]), options)
    : new ContainerRegistryClient(endpoint, options);
}
function contentOf(repository, name) {
  const credential = name ? credentialOf(process.env[name]) : undefined;
  return new ContainerRegistryContentClient(endpoint, repository, credential, options);
}
async function collect(iterable, of = (item) => item) {
  const all = [];
  for await (const item of iterable) all.push(of(item));
  return all;
}
async function bytesOf(stream) {
  return Buffer.concat(await collect(stream));
}
// The call fails with this HTTP status.
async function refused(status, call) {
  await assert.rejects(call, (error) => {
    assert.equal(error.statusCode, status, error.message);
    return true;
  });
}

// An image of one layer; its digest and the bytes of its manifest.
async function uploadImage(content, text, tag) {
  const parts = [];
  for (const data of [
    Buffer.from(JSON.stringify({ architecture: "arm64", os: "linux", config: { Labels: { text } } })),
    Buffer.from(text.repeat(1000)),
  ]) {
    const { digest, sizeInBytes } = await content.uploadBlob(data);
    assert.deepEqual([digest, sizeInBytes], [digestOf(data), data.length]);
    parts.push({ digest, size: data.length });
  }
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", ...parts[0] },
      layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...parts[1] }],
    }),
  );
  const { digest } = await content.setManifest(manifest, { tag, mediaType: OCI });
  assert.equal(digest, digestOf(manifest));
  return { digest, manifest };
}

async function blobs() {
  const content = contentOf("team/app", "WRITER");
  for (const size of [0, 5, 4 << 20, (9 << 20) + 17]) {
    const data = randomBytes(size);
    const uploaded = await content.uploadBlob(size > 5 ? Readable.from([data]) : data);
    assert.deepEqual([uploaded.digest, uploaded.sizeInBytes], [digestOf(data), size]);
    const { content: stream } = await contentOf("team/app").downloadBlob(uploaded.digest);
    assert.ok((await bytesOf(stream)).equals(data), `${size} bytes`);
  }
  say("blobs of 0, 5, 4 Mi and 9 Mi bytes");
}

async function manifests() {
  const content = contentOf("team/app", "WRITER");
  const first = await uploadImage(content, "first", "v1");
  const second = await uploadImage(content, "second", "v2");
  const untagged = await uploadImage(content, "untagged");
  await content.setManifest(first.manifest, { tag: "stable", mediaType: OCI });
  for (const reference of ["v1", "stable", first.digest]) {
    const got = await contentOf("team/app").getManifest(reference);
    assert.deepEqual([got.digest, got.mediaType], [first.digest, OCI]);
    assert.ok(got.content.equals(first.manifest));
  }
  await refused(404, () => contentOf("team/app").getManifest("nothing"));
  say("manifests by tag and by digest");
  return { first, second, untagged };
}

async function repositories() {
  await uploadImage(contentOf("private/app", "WRITER"), "private", "v1");
  await uploadImage(contentOf("team/other", "WRITER"), "first", "v1");
  assert.deepEqual(await collect(clientOf().listRepositoryNames()), ["team/app", "team/other"]);
  const byPage = clientOf("READER").listRepositoryNames().byPage({ maxPageSize: 2 });
  const pages = await collect(byPage, (page) => [...page]);
  assert.deepEqual(pages, [["private/app", "team/app"], ["team/other"]]);
  say("repositories, page by page: " + pages.flat().join(", "));
}

async function properties({ first, second, untagged }) {
  const repository = clientOf("READER").getRepository("team/app");
  const own = await repository.getProperties();
  assert.deepEqual([own.name, own.manifestCount, own.tagCount], ["team/app", 3, 3]);
  assert.ok(own.createdOn <= own.lastUpdatedOn);
  assert.ok(own.canDelete && own.canWrite && own.canRead && own.canList);
  assert.deepEqual(
    new Set(await collect(repository.listManifestProperties(), (one) => one.digest)),
    new Set([first.digest, second.digest, untagged.digest]),
  );
  const byTime = repository.listManifestProperties({ order: "LastUpdatedOnDescending" });
  const newest = await collect(byTime, (one) => one.digest);
  assert.ok(newest.indexOf(untagged.digest) < newest.indexOf(second.digest));

  const artifact = repository.getArtifact("v1");
  const manifest = await artifact.getManifestProperties();
  assert.deepEqual(
    [manifest.digest, manifest.architecture, manifest.operatingSystem],
    [first.digest, "arm64", "linux"],
  );
  assert.deepEqual([...manifest.tags].sort(), ["stable", "v1"]);
  assert.ok(manifest.sizeInBytes > 0 && manifest.createdOn instanceof Date);
  const tags = await collect(artifact.listTagProperties(), (one) => one.name); // the repository's
  assert.deepEqual(tags, ["stable", "v1", "v2"]);
  const tag = await artifact.getTagProperties("v1");
  assert.deepEqual([tag.name, tag.digest], ["v1", first.digest]);
  await refused(404, () => artifact.getTagProperties("none"));
  await refused(404, () => clientOf("READER").getRepository("team/none").getProperties());
  say("properties of repositories, tags and manifests");
}

async function locks({ first, second }) {
  const repository = clientOf("MAINTAINER").getRepository("team/app");
  const artifact = repository.getArtifact("v1");
  assert.equal((await artifact.updateTagProperties("v1", { canWrite: false })).canWrite, false);
  assert.equal((await clientOf("READER").getArtifact("team/app", "v1").getTagProperties("v1")).canWrite, false);
  await refused(405, () => artifact.deleteTag("v1"));
  const changed = Buffer.from(first.manifest.toString().replace("{", "{ "));
  const writer = contentOf("team/app", "WRITER");
  await refused(405, () => writer.setManifest(changed, { tag: "v1", mediaType: OCI }));
  await artifact.updateTagProperties("v1", { canWrite: true });
  const other = repository.getArtifact(second.digest);
  assert.equal((await other.updateManifestProperties({ canDelete: false })).canDelete, false);
  await refused(405, () => other.delete());
  await refused(405, () => repository.delete());
  await other.updateManifestProperties({ canDelete: true });
  assert.equal((await repository.updateProperties({ canWrite: false })).canWrite, false);
  await refused(405, () => repository.delete());
  await repository.updateProperties({ canWrite: true });
  say("locks: 405 until they are taken off");
}

async function rights() {
  await refused(401, () => clientOf("WRONG").getRepository("private/app").getProperties());
  await refused(401, () => clientOf().getRepository("private/app").getProperties());
  await refused(401, () => contentOf("team/app").uploadBlob(Buffer.from("x")));
  await refused(403, () => contentOf("team/app", "READER").uploadBlob(Buffer.from("x")));
  const artifact = clientOf("WRITER").getArtifact("team/app", "v1");
  await refused(403, () => artifact.deleteTag("v1"));
  await refused(403, () => artifact.updateTagProperties("v1", { canWrite: false }));
  // One client, one cached token: what it lacks for the next request is asked for anew.
  const reader = clientOf("READER");
  for (const name of ["private/app", "team/app", "private/app"])
    await reader.getRepository(name).getProperties();
  say("a wrong token, no token, too few rights");
}

async function deletes({ first, second, untagged }) {
  const repository = clientOf("MAINTAINER").getRepository("team/app");
  const content = contentOf("team/app", "MAINTAINER");
  await repository.getArtifact("stable").deleteTag("stable");
  const tags = repository.getArtifact("v1").listTagProperties();
  assert.deepEqual(await collect(tags, (one) => one.name), ["v1", "v2"]);
  await repository.getArtifact("v2").delete();
  await content.deleteManifest(untagged.digest);
  assert.deepEqual(await collect(repository.listManifestProperties(), (one) => one.digest), [first.digest]);
  const { digest } = await content.uploadBlob(Buffer.from("not for long"));
  await content.deleteBlob(digest);
  await refused(404, () => content.downloadBlob(digest));
  await clientOf("MAINTAINER").deleteRepository("team/app");
  assert.deepEqual(await collect(clientOf().listRepositoryNames()), ["team/other"]);
  assert.notEqual(second.digest, first.digest);
  say("deleted: a tag, manifests, a blob, a repository");
}

async function main() {
  await blobs();
  const images = await manifests();
  await repositories();
  await properties(images);
  await locks(images);
  await rights();
  await deletes(images);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
