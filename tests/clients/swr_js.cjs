// What users of @huaweicloud/huaweicloud-sdk-swr do: the SDK, unmodified, with an access key of ours.
// NODE_EXTRA_CA_CERTS names the authority; the SDK talks to nothing but HTTPS.
"use strict";
const assert = require("node:assert/strict");
const { BasicCredentials } = require("@huaweicloud/huaweicloud-sdk-core");
const swr = require("@huaweicloud/huaweicloud-sdk-swr/v2/public-api");

const { URL: endpoint, AK, SK } = process.env;
const say = (text) => console.log("   " + text);

// A project id keeps the SDK from asking Huawei's own servers for one.
function clientOf(ak, sk) {
  const credential = new BasicCredentials().withAk(ak).withSk(sk).withProjectId("project");
  return swr.SwrClient.newBuilder().withCredential(credential).withEndpoint(endpoint).build();
}
const client = clientOf(AK, SK);

// The same change twice within a second is one signature, which is taken once.
const aSecond = () => new Promise((resolve) => setTimeout(resolve, 1100));

async function refused(status, promise) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.httpStatusCode, status, JSON.stringify(error));
    return true;
  });
}

async function list(of) {
  const answer = await client.listReposDetails(Object.assign(new swr.ListReposDetailsRequest(), of));
  assert.equal(answer.httpStatusCode, 200);
  return answer.body ?? Object.values(answer).filter((value) => value?.name);
}

async function namespaces() {
  const body = new swr.CreateNamespaceRequestBody().withNamespace("group");
  const made = await client.createNamespace(new swr.CreateNamespaceRequest().withBody(body));
  assert.equal(made.httpStatusCode, 201);
  const shown = await client.showNamespace(new swr.ShowNamespaceRequest().withNamespace("group"));
  assert.equal(shown.name, "group");
  assert.equal(shown.auth, 7);
  const all = await client.listNamespaces(new swr.ListNamespacesRequest().withNamespace("group"));
  assert.deepEqual(all.namespaces.map((each) => each.name), ["group"]);
  say("a namespace is made, shown and listed");
}

async function repositories() {
  const body = new swr.CreateRepoRequestBody("app", true).withCategory("linux").withDescription("An app");
  const made = await client.createRepo(new swr.CreateRepoRequest().withNamespace("group").withBody(body));
  assert.equal(made.httpStatusCode, 201);
  const one = () => {
    const request = new swr.ShowRepositoryRequest().withNamespace("group").withRepository("app");
    return client.showRepository(request);
  };
  assert.equal((await one()).description, "An app");
  const change = new swr.UpdateRepoRequestBody().withIsPublic(true).withDescription("Ours");
  const request = new swr.UpdateRepoRequest().withNamespace("group").withRepository("app");
  assert.equal((await client.updateRepo(request.withBody(change))).httpStatusCode, 201);
  const shown = await one();
  assert.equal(shown.description, "Ours");
  assert.equal(shown.category, "linux");
  assert.equal(shown.is_public ?? shown.isPublic, true);
  say("a repository is made, shown and changed");
}

async function listing() {
  for (const of of [
    { filter: "center::self|namespace::gro|name::ap|offset::0|limit::10" },
    { namespace: "group", name: "app", limit: "10", offset: "0", orderColumn: "updated_time", orderType: "desc" },
    { filter: "category::linux" },
  ]) {
    const found = await list(of);
    assert.deepEqual(found.map((each) => each.name), ["app"], JSON.stringify(of));
  }
  assert.deepEqual(await list({ filter: "name::ng*nx|namespace::my group" }), []);
  await refused(400, list({ filter: "nonsense::x" }));
  say("it is listed, whatever way it is asked for");
}

async function tags() {
  const of = (request) => request.withNamespace("group").withRepository("team");
  const body = new swr.CreateRepoTagRequestBody("1", "stable").withOverride(false);
  const retag = of(new swr.CreateRepoTagRequest()).withBody(body);
  assert.equal((await client.createRepoTag(retag)).httpStatusCode, 201);
  await aSecond();
  await refused(409, client.createRepoTag(of(new swr.CreateRepoTagRequest()).withBody(body)));
  const deletion = of(new swr.DeleteRepoTagRequest()).withTag("stable");
  assert.equal((await client.deleteRepoTag(deletion)).httpStatusCode, 204);
  await aSecond();
  await refused(404, client.deleteRepoTag(of(new swr.DeleteRepoTagRequest()).withTag("stable")));
  say("tags are set and deleted");
}

async function strangers() {
  const asked = () => new swr.ListReposDetailsRequest();
  await refused(401, clientOf(AK, SK + "x").listReposDetails(asked()));
  await refused(401, clientOf("01JD000000000000000000000A", SK).listReposDetails(asked()));
  say("a wrong secret key and an unknown access key are refused");
}

async function ending() {
  const gone = new swr.DeleteNamespacesRequest().withNamespace("group");
  await refused(406, client.deleteNamespaces(gone));
  await aSecond();
  for (const repository of ["app", "team"]) {
    const request = new swr.DeleteRepoRequest().withNamespace("group").withRepository(repository);
    assert.equal((await client.deleteRepo(request)).httpStatusCode, 204);
  }
  assert.equal((await client.deleteNamespaces(gone)).httpStatusCode, 204);
  say("what is in use stays, and goes when it is empty");
}

// What "end" looks at is pushed between the two.
const parts = { begin: [namespaces, repositories, listing, strangers], end: [tags, ending] };
(async () => {
  for (const part of parts[process.argv[2]]) await part();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
