// Given what happened, when somebody wants something, then this happens: the form of every test of
// a decision. Also the derived tables in memory, for whoever needs rows without a store.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "core/codec.h"
#include "core/registry.h"

namespace varve::test {

inline RepoName repo(std::string_view text) {
  return RepoName::parse(text).value();
}
inline NamespaceName name_space(std::string_view text) {
  return NamespaceName::parse(text).value();
}
inline oci::Tag tag(std::string_view text) {
  return oci::Tag::parse(text).value();
}
inline Digest digest(std::string_view content) {
  return Digest::of(content);
}
inline PrincipalName principal(std::string_view text) {
  return PrincipalName::parse(text).value();
}
inline Resource resource(std::string_view text) {
  return Resource::parse(text).value();
}
// A credential's id that ends with this letter.
inline CredentialId credential(char letter) {
  return CredentialId::parse("01JD7Q2V3W4X5Y6Z7A8B9C0D1" + std::string(1, letter)).value();
}

inline const Actor kDeveloper{"dev", Auth::dev};
inline const Actor kHolder{"root", Auth::local};
inline const Actor kNobody{};

// The tables, written in one piece per event as a store would.
class MemoryRows final : public View {
 public:
  using Key = std::pair<Table, std::string>;

  Result<std::optional<Row>> get(Table table, std::string_view key) const override {
    if (broken_) return fail(Errc::unavailable, About::storage, "the disk is gone");
    const auto found = rows_.find({table, std::string(key)});
    if (found == rows_.end()) return std::nullopt;
    return found->second;
  }

  Result<void> scan(Table table, std::string_view prefix, std::string_view after,
                    const Visit& visit) const override {
    if (broken_) return fail(Errc::unavailable, About::storage, "the disk is gone");
    for (const auto& [key, row] : rows_) {
      if (key.first != table || !key.second.starts_with(prefix) || key.second <= after) continue;
      if (!visit(key.second, row)) break;
    }
    return {};
  }

  // Projects the event as the next entry of the log. `body` is the one it names, if it names any:
  // by default bytes that refer to nothing.
  Result<void> apply(const Event& event, std::string body = {}) {
    Pending pending;
    std::vector<Body> bodies;
    if (const auto named = body_of(event))
      bodies.push_back({named->digest, std::make_shared<const std::string>(std::move(body))});
    VARVE_CHECK(project(event, bodies, *this, pending));
    for (auto& [key, value] : pending.writes) {
      if (value)
        rows_.insert_or_assign(key, Row{next_, *std::move(value)});
      else
        rows_.erase(key);
    }
    next_ = next_index(size_after(next_));
    return {};
  }

  // What a table digest would cover, without the indices.
  std::map<Key, std::string> values() const {
    std::map<Key, std::string> values;
    for (const auto& [key, row] : rows_) values.emplace(key, row.value);
    return values;
  }

  void put(Table table, std::string_view key, std::string value) {
    rows_.insert_or_assign({table, std::string(key)}, Row{next_, std::move(value)});
  }
  void break_disk() { broken_ = true; }
  EntryIndex next() const { return next_; }

 private:
  struct Pending final : Changes {
    void put(Table table, std::string_view key, std::string value) override {
      add(table, key, std::move(value));
    }
    void erase(Table table, std::string_view key) override { add(table, key, std::nullopt); }
    void add(Table table, std::string_view key, std::optional<std::string> value) {
      const bool fresh = writes.emplace(Key{table, key}, std::move(value)).second;
      EXPECT_TRUE(fresh) << "one event wrote a row of " << table_name(table) << " twice";
    }
    std::map<Key, std::optional<std::string>> writes;
  };

  std::map<Key, Row> rows_;
  EntryIndex next_;
  bool broken_ = false;
};

// One line an event, so that a failing test shows both lists in words.
inline std::vector<std::string> in_words(const std::vector<Event>& events) {
  std::vector<std::string> words;
  for (const Event& event : events)
    words.push_back(std::string(type_of(event)) + " " + data_json(event));
  return words;
}

class Scenario {
 public:
  Scenario& given(const std::vector<Event>& events) {
    for (const Event& event : events) EXPECT_TRUE(rows_.apply(event).has_value());
    return *this;
  }
  Scenario& given_with_body(const Event& event, std::string_view body) {
    EXPECT_TRUE(rows_.apply(event, std::string(body)).has_value());
    return *this;
  }
  Scenario& when(Intent intent, Actor actor = kDeveloper, Timestamp now = {}) {
    outcome_ =
        decide({std::move(actor), "01JD0000000000000000000000", "test", std::move(intent), {}, now},
               rows_);
    return *this;
  }
  void then(const std::vector<Event>& events) {
    ASSERT_TRUE(outcome_.has_value()) << outcome_.error().what;
    EXPECT_EQ(in_words(*outcome_), in_words(events));
  }
  void then_nothing() { then({}); }
  bool accepted() const { return outcome_.has_value(); }
  // How many events; a refusal is a failure.
  std::size_t decided() const {
    if (outcome_) return outcome_->size();
    ADD_FAILURE() << outcome_.error().what;
    return 0;
  }
  void then_refused(Errc code, About about, std::string_view detail = {}) {
    ASSERT_FALSE(outcome_.has_value()) << "decided " << outcome_->size() << " events";
    EXPECT_EQ(outcome_.error().code, code) << outcome_.error().what;
    EXPECT_EQ(outcome_.error().about, about) << outcome_.error().what;
    EXPECT_FALSE(outcome_.error().what.empty());
    if (!detail.empty()) EXPECT_EQ(outcome_.error().detail, detail);
  }
  MemoryRows& rows() { return rows_; }

 private:
  MemoryRows rows_;
  Result<std::vector<Event>> outcome_ = std::vector<Event>{};
};

inline Scenario given(const std::vector<Event>& events) {
  Scenario scenario;
  scenario.given(events);
  return scenario;
}

}  // namespace varve::test
