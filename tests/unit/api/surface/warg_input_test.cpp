// Records as hostile publishers send them: bytes that are none, bytes that are odd and legal,
// signatures over something else, and what was signed for somewhere else.
#include <gmock/gmock.h>

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "tests/unit/api/surface/warg_client.h"

namespace varve::test {
namespace {

using http::Method;
using ::testing::HasSubstr;

class WargInput : public WargTest {
 protected:
  // Whatever the bytes are, the signature is good.
  Answer post(std::string_view name, const std::string& bytes,
              warg::Purpose purpose = warg::Purpose::package_record) {
    return client.post(client.record_path(name),
                       client.body(name, bytes, key.public_key().id().to_string(),
                                   key.sign(purpose, bytes).text()));
  }
  std::string good(std::string_view name = "test:hello") {
    return warg::encode(client.next(name, {warg::Init{key.public_key().text()}}));
  }
  // A field of bytes.
  static std::string field(unsigned number, std::string_view bytes) {
    std::string out;
    append_uleb128(out, number << 3 | 2);
    append_uleb128(out, bytes.size());
    return out + std::string(bytes);
  }
  static std::string varint_field(unsigned number, std::uint64_t value) {
    std::string out;
    append_uleb128(out, number << 3);
    append_uleb128(out, value);
    return out;
  }
  std::string time() {
    return field(3, varint_field(1, static_cast<std::uint64_t>(client.now().seconds)));
  }
  std::string init_entry() const {
    return field(4, field(1, field(1, key.public_key().text().text()) + field(2, "sha256")));
  }
  std::string served(std::string_view name) {
    const Answer answer = client.fetch(in_quotes(client.log(name)) + ":null", client.length());
    const std::string text =
        json_at(answer.body, "/packages/" + client.log(name) + "/0/contentBytes");
    return base64_decode(text.substr(1, text.size() - 2)).value_or("");
  }

  const warg::PrivateKey key = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256);
};

TEST_F(WargInput, ThatIsNoRecordIsRefusedAndChangesNothing) {
  const std::string text = key.public_key().text().text();
  const std::string t = time();
  const auto entry = [](unsigned kind, const std::string& what) {
    return field(4, field(kind, what));
  };
  const std::string bad[] = {
      "",
      "\xff",
      std::string(100, '\0'),
      good().substr(0, 20),
      init_entry(),                // no time
      t + field(4, ""),            // an entry of nothing
      t + field(4, field(9, "")),  // of a kind that is not known
      t + entry(1, field(1, "ed25519:AAAA") + field(2, "sha256")),
      t + entry(1, field(1, "rsa:" + text) + field(2, "sha256")),
      t + entry(1, field(1, text) + field(2, "md5")),
      t + entry(2, field(1, text) + field(2, std::string(1, '\0'))),  // permission 0
      t + entry(2, field(1, text) + field(2, "\x03")),
      t + entry(3, field(1, "SHA256:" + no_id().substr(7)) + field(2, "\x01")),
      t + entry(4, field(1, "1.0") + field(2, no_id())),
      t + entry(4, field(1, "1.0.0") + field(2, "sha256:E" + no_id().substr(8))),
      t + entry(4, field(1, "1.0.0") + field(2, "sha256:" + std::string(63, 'e'))),
      t + entry(5, field(1, "v1.0.0")),
      t + entry(5, varint_field(1, 7)),                      // another wire type
      field(3, varint_field(1, UINT64_MAX)) + init_entry(),  // before 1970
      field(3, varint_field(1, 1) + varint_field(2, 1'000'000'000)) + init_entry(),
      t + field(1, "nonsense") + init_entry(),  // prev
  };
  const std::uint64_t size = server.size();
  for (const std::string& bytes : bad) {
    const Answer answer = post("test:hello", bytes);
    EXPECT_EQ(answer.status, 400U) << hex_encode(bytes) << answer.body;
    EXPECT_EQ(json_at(answer.body, "/status"), "400");
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
  }
  EXPECT_EQ(server.size(), size);
  EXPECT_EQ(post("test:hello", t + init_entry()).status, 202U);
}

TEST_F(WargInput, ThatIsLegalWithoutBeingCanonicalIsKeptAsItCame) {
  const std::string t = time();
  const std::string text = key.public_key().text().text();
  const std::string permission_unpacked = varint_field(2, 1);
  const std::string overlong_version("\x10\x80\x80\x00", 4);
  const std::pair<std::string, std::string> odd[] = {
      {"test:order", init_entry() + t},
      {"test:unknown-field", t + init_entry() + field(31, "for a later version")},
      {"test:explicit-zero", t + varint_field(2, 0) + init_entry()},
      {"test:overlong", overlong_version + t + init_entry()},
      {"test:time-twice", field(3, varint_field(1, 5)) + t + init_entry()},
      {"test:unpacked",
       t + init_entry() + field(4, field(2, field(1, alice.text().text()) + permission_unpacked))},
  };
  for (const auto& [name, bytes] : odd) {
    const Answer answer = post(name, bytes);
    EXPECT_EQ(answer.status, 202U) << name << answer.body;
    EXPECT_EQ(json_at(answer.body, "/state"), "\"published\"") << name << answer.body;
    EXPECT_EQ(json_at(answer.body, "/recordId"),
              in_quotes(warg::package_record_id(bytes).to_string()));
    EXPECT_EQ(served(name), bytes) << name;
  }
}

TEST_F(WargInput, SignedForAnotherPurposeIsRefused) {
  for (const auto purpose : {warg::Purpose::operator_record, warg::Purpose::checkpoint}) {
    const Answer answer = post("test:hello", good(), purpose);
    EXPECT_EQ(answer.status, 401U);
    EXPECT_THAT(answer.body, HasSubstr("verification failed"));
  }
}

TEST_F(WargInput, WithASignatureThatIsNoStrictDerIsRefused) {
  const std::string bytes = good();
  const std::string id = key.public_key().id().to_string();
  const std::string text = key.sign(warg::Purpose::package_record, bytes).text();
  const std::string der = base64_decode(text.substr(11)).value();
  const auto ask = [&](const std::string& signature) {
    return client.post(
        client.record_path("test:hello"),
        client.body("test:hello", bytes, id, "ecdsa-p256:" + base64_encode(signature)));
  };
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(der[i]); };
  const std::string r = der.substr(2, 2U + at(3));
  const std::string s = der.substr(2 + r.size());
  const auto sequence = [](const std::string& inside) {
    return std::string("\x30") + static_cast<char>(inside.size()) + inside;
  };
  const auto integer = [](const std::string& value) {
    return std::string("\x02") + static_cast<char>(value.size()) + value;
  };
  ASSERT_EQ(sequence(r + s), der);
  const std::string zero("\0", 1);
  const std::string odd[] = {
      der + "x",                                                                 // more behind it
      der.substr(0, der.size() - 1),                                             // less
      std::string("\x30\x81") + static_cast<char>(r.size() + s.size()) + r + s,  // a longer length
      sequence(integer(zero + r.substr(2)) + s),  // one zero too many, or two
      sequence(integer(zero + zero + r.substr(2)) + s),
      sequence(integer(zero) + s),
      sequence(r + integer(zero)),
      sequence(r + integer("\xff" + s.substr(2))),  // negative
      sequence(s + r),
      sequence(r),
      sequence(r + s + s),
      std::string("\x31") + der.substr(1),
      r + s,
      std::string(64, 'x'),  // r and s side by side
  };
  const std::uint64_t size = server.size();
  for (const std::string& signature : odd) {
    // One zero in front of an integer is right when its top bit is set: then this is another text.
    if (signature == der) continue;
    const Answer answer = ask(signature);
    EXPECT_TRUE(answer.status == 401 || answer.status == 422)
        << hex_encode(signature) << answer.body;
  }
  EXPECT_EQ(ask("").status, 422U);
  EXPECT_EQ(server.size(), size);
  EXPECT_EQ(ask(der).status, 202U);
}

TEST_F(WargInput, OfTheOtherAlgorithmIsNoSignatureOfThisKey) {
  const std::string bytes = good();
  const auto ed = warg::PrivateKey::generate(warg::KeyAlgorithm::ed25519);
  const std::string theirs = ed.sign(warg::Purpose::package_record, bytes).text();
  EXPECT_EQ(client
                .post(client.record_path("test:hello"),
                      client.body("test:hello", bytes, key.public_key().id().to_string(), theirs))
                .status,
            401U);
  // And an Ed25519 key that is none: of small order, or not canonical.
  for (const std::string& point :
       {std::string(32, '\0'), std::string(1, '\1') + std::string(31, '\0'),
        std::string(31, '\xff') + '\x7f'}) {
    const std::string text = "ed25519:" + base64_encode(point);
    const std::string record = time() + field(4, field(1, field(1, text) + field(2, "sha256")));
    const Answer answer =
        client.post(client.record_path("test:hello"),
                    client.body("test:hello", record, warg::key_id(text).to_string(),
                                "ed25519:" + base64_encode(std::string(64, '\0'))));
    EXPECT_GE(answer.status, 400U) << answer.body;
    EXPECT_LT(answer.status, 500U) << answer.body;
  }
}

TEST_F(WargInput, SignedForAnotherPackageIsNoRecordOfThisOne) {
  const auto init_record = client.publish("test:one", {init(alice)}, alice);
  const auto second = client.publish("test:one", {grant(bob, kYank)}, alice);
  EXPECT_EQ(json_at(client.submit("test:two", init_record).body, "/reason"),
            "\"the package record was invalid: another package begins with the same record\"");
  const Answer unknown = client.submit("test:two", second);
  EXPECT_EQ(unknown.status, 401U);
  client.publish("test:two", {init(alice)}, alice);
  EXPECT_EQ(json_at(client.submit("test:two", second).body, "/reason"),
            "\"the package record was invalid: previous record hash does not match\"");
  EXPECT_EQ(json_at(client.submit("test:two", init_record).body, "/state"), "\"rejected\"");
}

// What was published elsewhere does not begin a package here, unless somebody here wants it to.
TEST_F(WargInput, SignedForAnotherRegistryBeginsNothingByItself) {
  const auto record = client.publish("test:hello", {init(alice)}, alice);
  TestServer other({.dev = false, .warg = true});
  other.administer(Method::put, "/admin/v1/warg/namespaces/test", "{}");
  EXPECT_EQ(WargClient(other).submit("test:hello", record).status, 401U);
  const std::string admin = basic("admin", kAdminPassword);
  WargClient owner(other, {{"Authorization", admin}});
  EXPECT_EQ(owner.submit("test:hello", record).status, 202U);
}

TEST_F(WargInput, OfAnotherTimeIsTakenWithinBounds) {
  client.publish("test:hello", {init(alice)}, alice);
  const auto at = [&](std::int64_t ahead, char letter) {
    warg::PackageRecord record = client.next("test:hello", {grant(Publisher(letter), kYank)});
    record.time.seconds = client.now().seconds + ahead;
    return json_at(client.submit("test:hello", alice.sign(record)).body, "/state");
  };
  EXPECT_EQ(at(-60, 'c'), "\"rejected\"") << "before the record before";
  EXPECT_EQ(at(6 * 60, 'd'), "\"rejected\"") << "too far in the future";
  EXPECT_EQ(at(4 * 60, 'e'), "\"published\"");
  EXPECT_EQ(at(3 * 60, 'f'), "\"rejected\"");
}

TEST_F(WargInput, OfAMebibyteIsTheLargest) {
  const std::string start = time() + init_entry();
  const auto padded = [&](std::size_t size) {
    const std::size_t head = 1 + 1 + 3;  // the tag's two bytes, the length's three
    return start + field(31, std::string(size - start.size() - head, 'x'));
  };
  const std::string largest = padded(limits::kWargRecordBytesMax);
  ASSERT_EQ(largest.size(), limits::kWargRecordBytesMax);
  const Answer over = post("test:hello", padded(limits::kWargRecordBytesMax + 1));
  EXPECT_EQ(over.status, 413U);
  EXPECT_EQ(json_at(over.body, "/status"), "413");
  EXPECT_EQ(json_at(post("test:hello", largest).body, "/state"), "\"published\"");
  EXPECT_EQ(served("test:hello"), largest);
}

TEST_F(WargInput, OfTooManyEntriesIsRefusedBeforeItIsRead) {
  std::string many = time();
  for (std::size_t i = 0; i <= limits::kWargRecordEntriesMax; ++i) many += field(4, "");
  EXPECT_EQ(post("test:hello", many).status, 413U);
}

// As many entries as there may be, each with a key to be found sound and a text of its own.
TEST_F(WargInput, OfAsManyEntriesAsThereMayBe) {
  WargClient::Entries entries{warg::Init{key.public_key().text()}};
  for (std::size_t i = 1; i < limits::kWargRecordEntriesMax; ++i)
    entries.emplace_back(release("1.0." + std::to_string(i), "same content"));
  const std::string bytes = warg::encode(client.next("test:hello", entries));
  const Answer answer = post("test:hello", bytes);
  EXPECT_EQ(answer.status, 202U) << answer.body;
  EXPECT_EQ(json_at(answer.body, "/state"), "\"sourcing\"");
  const std::string path = client.record_path("test:hello") + "/" +
                           warg::package_record_id(bytes).to_string() + "/content/" +
                           Digest::of("same content").to_string();
  EXPECT_EQ(client.post(path, "same content").status, 201U);
}

}  // namespace
}  // namespace varve::test
