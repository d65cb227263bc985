// Rows about accounts, read back; and rows that nobody of ours wrote.
#include "core/trust/query.h"

#include <gmock/gmock.h>

#include "tests/support/given.h"

namespace varve {
namespace {

using namespace std::string_literals;
using test::credential;
using test::given;
using test::principal;
using test::repo;
using test::resource;
using testing::ElementsAre;

const std::string kId = credential('A').text();

std::vector<Event> some_accounts() {
  return {trust::PrincipalCreated{trust::PrincipalKind::user, principal("bob")},
          trust::PrincipalCreated{trust::PrincipalKind::service, principal("ci")},
          trust::PrincipalDisabled{principal("ci"), ""},
          trust::CredentialAdded{credential('A'), Timestamp{7}, trust::CredentialKind::token,
                                 principal("bob")},
          trust::CredentialAdded{credential('B'), std::nullopt, trust::CredentialKind::password,
                                 principal("bob")},
          trust::GrantSet{principal("bob"), resource("*"), Rights::all()},
          trust::GrantSet{principal("bob"), resource("a/*"), {}},
          trust::GrantSet{principal("bobby"), resource("z"), {Right::pull}},
          trust::PolicySet{true, resource("a/*")},
          trust::PolicySet{false, resource("a/b/*")}};
}

TEST(TrustRows, StandInTheirTables) {
  const auto rows = given(some_accounts()).rows().values();
  EXPECT_EQ(rows.at({Table::principal, "bob\0"s}), "\x01\x00"s);
  EXPECT_EQ(rows.at({Table::principal, "ci\0"s}), "\x02\x01"s);
  EXPECT_EQ(rows.at({Table::credential, kId + '\0'}), "\x02\0\0\0\0\0\0\0\0\x07"s + "bob");
  EXPECT_EQ(rows.at({Table::credential_of, "bob\0"s + kId + '\0'}), "");
  EXPECT_EQ(rows.at({Table::grant, "bob\0*\0"s}), "\x1f");
  EXPECT_EQ(rows.at({Table::grant, "bob\0a/*\0"s}), "\0"s);
  EXPECT_EQ(rows.at({Table::administrator, "bob\0"s}), "");
  EXPECT_EQ(rows.at({Table::policy, "a/*\0"s}), "\x01");
  EXPECT_EQ(rows.at({Table::policy, "a/b/*\0"s}), "\0"s);
}

TEST(TrustRows, KeepEveryKindOfCredential) {
  using enum trust::CredentialKind;
  for (const auto kind : {password, token, x509, aksk}) {
    auto scenario =
        given({trust::CredentialAdded{credential('A'), std::nullopt, kind, principal("bob")}});
    const auto rows = scenario.rows().values();
    EXPECT_EQ(rows.at({Table::credential, kId + '\0'}),
              std::string(1, static_cast<char>(kind)) + "\0\0\0\0\0\0\0\0\0"s + "bob");
    const auto row = trust::find_credential(scenario.rows(), credential('A')).value();
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->kind, kind);
  }
  EXPECT_EQ(static_cast<int>(x509), 3);
  EXPECT_EQ(static_cast<int>(aksk), 4);
}

TEST(TrustRows, GoWhereAnEventTakesThem) {
  auto scenario = given(some_accounts());
  scenario.given({trust::CredentialRevoked{credential('A'), principal("bob"), "lost"},
                  trust::GrantRemoved{principal("bob"), resource("*")},
                  trust::PolicyRemoved{resource("a/*")}, trust::PrincipalEnabled{principal("ci")}});
  const auto rows = scenario.rows().values();
  EXPECT_EQ(rows.at({Table::credential, kId + '\0'}), "\x02\x01\0\0\0\0\0\0\0\x07"s + "bob");
  EXPECT_FALSE(rows.contains({Table::credential_of, "bob\0"s + kId + '\0'}));
  EXPECT_FALSE(rows.contains({Table::grant, "bob\0*\0"s}));
  EXPECT_FALSE(rows.contains({Table::administrator, "bob\0"s}));
  EXPECT_FALSE(rows.contains({Table::policy, "a/*\0"s}));
  EXPECT_EQ(rows.at({Table::principal, "ci\0"s}), "\x02\x00"s);
}

TEST(TrustRows, WhatIsNotThereIsChangedByNoEvent) {
  auto scenario = given(
      {trust::PrincipalDisabled{principal("x"), ""}, trust::PrincipalEnabled{principal("x")},
       trust::CredentialRevoked{credential('A'), principal("x"), ""},
       trust::GrantRemoved{principal("x"), resource("*")}, trust::PolicyRemoved{resource("a")}});
  EXPECT_TRUE(scenario.rows().values().empty());
}

TEST(TrustQuery, FindsPrincipalsAndCredentials) {
  auto scenario = given(some_accounts());
  const View& view = scenario.rows();
  EXPECT_FALSE(trust::find_principal(view, principal("bob")).value()->disabled);
  EXPECT_TRUE(trust::find_principal(view, principal("ci")).value()->disabled);
  EXPECT_FALSE(trust::find_principal(view, principal("nobody")).value().has_value());
  const auto token = trust::find_credential(view, credential('A')).value();
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->principal, principal("bob"));
  EXPECT_EQ(token->kind, trust::CredentialKind::token);
  EXPECT_TRUE(token->usable(Timestamp{6}));
  EXPECT_FALSE(token->usable(Timestamp{7}));
  EXPECT_FALSE(trust::find_credential(view, credential('X')).value().has_value());
}

TEST(TrustQuery, AnonymousIsThereInLogsOlderThanAccounts) {
  test::MemoryRows empty;
  const auto row = trust::find_principal(empty, PrincipalName::anonymous()).value();
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->kind, trust::PrincipalKind::anonymous);
  EXPECT_FALSE(row->disabled);
}

TEST(TrustQuery, ListsInPages) {
  auto scenario = given(some_accounts());
  const View& view = scenario.rows();
  const auto names = [&](std::string_view after, std::size_t limit) {
    std::vector<std::string> all;
    for (const auto& p : trust::list_principals(view, after, limit).value())
      all.push_back(p.name.text());
    return all;
  };
  EXPECT_THAT(names("", 10), ElementsAre("bob", "ci"));
  EXPECT_THAT(names("", 1), ElementsAre("bob"));
  EXPECT_THAT(names("bob", 10), ElementsAre("ci"));
  EXPECT_THAT(names("boa", 1), ElementsAre("bob"));
  EXPECT_THAT(names("zz", 10), ElementsAre());
  const auto grants = trust::grants_of(view, principal("bob"), "", 10).value();
  ASSERT_EQ(grants.size(), 2U);
  EXPECT_EQ(grants[0].resource, resource("*"));
  EXPECT_EQ(grants[1].resource, resource("a/*"));
  EXPECT_EQ(trust::grants_of(view, principal("bob"), "*", 10).value().size(), 1U);
  EXPECT_EQ(trust::credentials_of(view, principal("bob")).value().size(), 2U);
  EXPECT_EQ(trust::credentials_of(view, principal("bo")).value().size(), 0U);
  EXPECT_EQ(trust::list_policies(view, "", 10).value().size(), 2U);
}

TEST(TrustQuery, TheMostSpecificPolicyHolds) {
  auto scenario = given(some_accounts());
  const auto immutable = [&](std::string_view name) {
    return trust::policy_for(scenario.rows(), repo(name)).value().immutable_tags;
  };
  EXPECT_TRUE(immutable("a/x"));
  EXPECT_TRUE(immutable("a/b"));
  EXPECT_FALSE(immutable("a/b/c"));
  EXPECT_FALSE(immutable("a"));
  EXPECT_FALSE(immutable("x"));
}

TEST(TrustQuery, RowsThatNobodyOfOursWroteAreCorruptNotSomebody) {
  const auto broken = [](Table table, const std::string& key, const std::string& value) {
    test::MemoryRows rows;
    rows.put(Table::principal, "bob\0"s, "\x01\x00"s);
    rows.put(table, key, value);
    const Actor actor{"bob", Auth::basic, credential('A')};
    const auto outcome = trust::check(rows, actor, Right::pull, repo("a"), Timestamp{1});
    EXPECT_FALSE(outcome);
    return outcome ? Errc::internal : outcome.error().code;
  };
  for (const std::string& value :
       {""s, "\x01"s, "\x09\x00"s, "\x00\x00"s, "\x01\x02"s, "\x01\x00x"s})
    EXPECT_EQ(broken(Table::principal, "bob\0"s, value), Errc::corrupt);
  const std::string never(8, '\0');
  for (const std::string& value :
       {""s, "\x01\x00"s + never, "\x01\x00"s + never + "BOB", "\x05\x00"s + never + "bob",
        "\x01\x02"s + never + "bob", "\x01\x00\xff"s + never + "bob"})
    EXPECT_EQ(broken(Table::credential, kId + '\0', value), Errc::corrupt);
  const auto grant_row = [](const std::string& value) {
    test::MemoryRows rows;
    rows.put(Table::grant, "anonymous\0*\0"s, value);
    return trust::check(rows, Actor{}, Right::pull, repo("a"), Timestamp{1}).error().code;
  };
  for (const std::string& value : {""s, "\x20"s, "\xff"s, "\x01\x01"s})
    EXPECT_EQ(grant_row(value), Errc::corrupt);
}

}  // namespace
}  // namespace varve
