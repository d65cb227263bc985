# What users of huaweicloudsdkswr do: the SDK, unmodified, with an access key of ours. CA names the
# authority. The last line is the login that the SDK is told.
import os
import time

import huaweicloudsdkswr.v2 as swr
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_config import HttpConfig

URL, CA, AK, SK = (os.environ[name] for name in ("URL", "CA", "AK", "SK"))


def client_of(ak, sk):
    config = HttpConfig.get_default_config()
    config.ssl_ca_cert = CA
    # A project id keeps the SDK from asking Huawei's own servers for one.
    credentials = BasicCredentials(ak, sk, "project")
    builder = swr.SwrClient.new_builder().with_http_config(config)
    return builder.with_credentials(credentials).with_endpoint(URL).build()


client = client_of(AK, SK)


def refused(status, code, call):
    try:
        call()
    except ClientRequestException as error:
        assert error.status_code == status, error
        assert error.error_code == f"SVCSTG.SWR.{code}", error
        assert error.request_id, error
        return
    raise AssertionError(f"expected {status}")


# The same change twice within a second is one signature, which is taken once.
def a_second():
    time.sleep(1.1)


def names(**of):
    answer = client.list_repos_details(swr.ListReposDetailsRequest(**of))
    return [repo.name for repo in answer.body or []], answer.content_range


# ---- namespaces and repositories ----
body = swr.CreateNamespaceRequestBody(namespace="group")
make = swr.CreateNamespaceRequest(body=body)
client.create_namespace(make)
a_second()
refused(409, "4090060", lambda: client.create_namespace(make))
shown = client.show_namespace(swr.ShowNamespaceRequest(namespace="group"))
assert (shown.name, shown.auth) == ("group", 7), shown
body = swr.CreateRepoRequestBody(repository="a/b", is_public=True, category="linux", description="An app")
client.create_repo(swr.CreateRepoRequest(namespace="group", body=body))
one = swr.ShowRepositoryRequest(namespace="group", repository="a$b")
assert client.show_repository(one).description == "An app"
change = swr.UpdateRepoRequestBody(is_public=True, description="Ours")
client.update_repo(swr.UpdateRepoRequest(namespace="group", repository="a$b", body=change))
shown = client.show_repository(one)
assert (shown.name, shown.category, shown.description) == ("a/b", "linux", "Ours"), shown
print("   a namespace and a repository are made, shown and changed")

# ---- the listing ----
assert names(filter="center::self|namespace::gro|name::b|offset::0|limit::10") == (["a/b"], "0-1/1")
assert names(namespace="group", limit="10", offset="0", order_column="updated_time", order_type="desc")[0] == ["a/b"]
assert names(filter="name::ng*nx|namespace::my group")[0] == []
repo = client.list_repos_details(swr.ListReposDetailsRequest(namespace="group")).body[0]
assert repo.total_range == 1 and repo.num_images == 0 and repo.is_public, repo
refused(400, "4001035", lambda: names(filter="nonsense::x"))
print("   it is listed, whatever way it is asked for")

# ---- strangers ----
asked = swr.ListReposDetailsRequest()
refused(401, "4010000", lambda: client_of(AK, SK + "x").list_repos_details(asked))
refused(401, "4010000", lambda: client_of("01JD000000000000000000000A", SK).list_repos_details(asked))
print("   a wrong secret key and an unknown access key are refused")

# ---- what is in use stays ----
gone = swr.DeleteNamespacesRequest(namespace="group")
refused(406, "4060074", lambda: client.delete_namespaces(gone))
a_second()
client.delete_repo(swr.DeleteRepoRequest(namespace="group", repository="a$b"))
refused(404, "4040010", lambda: client.show_repository(one))
client.delete_namespaces(gone)
print("   what is in use stays, and goes when it is empty")

print(client.create_secret(swr.CreateSecretRequest(projectname="eu-west-101")).x_swr_dockerlogin)
