// A whole registry's read surface in memory, with hooks to make it lie. One thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "api/cli/server.h"
#include "core/base/bytes.h"
#include "core/codec.h"
#include "log/proof/bundle.h"
#include "log/proof/tile.h"

namespace varve::cli {

class FakeLog final : public Server {
 public:
  explicit FakeLog(std::string origin = "registry.test/main")
      : origin_(std::move(origin)),
        log_(Signer::generate(origin_)),
        event_(Signer::generate(origin_ + "/events")) {
    append(system::Genesis{event_.verifier().to_string(), "sha256", log_.verifier().to_string(),
                           origin_});
    publish();
  }

  const std::string& origin() const { return origin_; }
  TrustedKeys keys() const { return {log_.verifier(), event_.verifier(), earlier_}; }
  std::string vkeys() const { return format_trusted_keys(keys()); }
  std::size_t size() const { return entries_.size(); }

  void append(const Event& event) {
    Envelope envelope;
    envelope.index = {entries_.size()};
    envelope.at = {1'700'000'000'000'000 + static_cast<std::int64_t>(entries_.size())};
    envelope.request = "01JD00000000000000000000ZZ";
    envelope.surface = "oci";
    append_as(envelope, event);
  }
  void append_as(const Envelope& envelope, const Event& event) {
    append_signed(encode_entry_text(envelope, event), event_);
  }
  void append_signed(const std::string& text, const Signer& signer) {
    const std::string lines[] = {signer.sign_line(text)};
    entries_.push_back(format_note(text, lines));
  }
  // The text of an entry that this version cannot encode, signed by the event key.
  void append_later(const std::string& text) { append_signed(text, event_); }
  void append_tag(const std::string& tag, const std::string& content = "content") {
    append(oci::TagSet{Digest::of(content), std::nullopt, *RepoName::parse("library/app"),
                       *oci::Tag::parse(tag)});
  }
  void grow(std::size_t events) {
    for (std::size_t i = 0; i < events; ++i) append_tag("t" + std::to_string(entries_.size()));
    publish();
  }
  void rotate_event_key() {
    Signer next = Signer::generate(event_.verifier().name());
    append(system::EventKeyRotated{next.verifier().to_string(), event_.verifier().to_string()});
    earlier_.push_back(event_.verifier());
    event_ = std::move(next);
  }

  void publish() { checkpoint_ = checkpoint_at(entries_.size()); }
  std::string checkpoint_at(std::size_t size) const {
    return sign_checkpoint({origin_, TreeSize{size}, *root_of(TreeSize{size}, nodes())}, log_);
  }
  void serve_checkpoint(std::string note) { checkpoint_ = std::move(note); }
  // The same keys, another history.
  void rewrite_entry(std::size_t index, const std::string& tag) {
    std::vector<std::string> kept(entries_.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                                  entries_.end());
    entries_.resize(index);
    append_tag(tag);
    entries_.insert(entries_.end(), kept.begin(), kept.end());
  }

  std::string proof(std::size_t index, std::size_t size) const {
    return format_bundle({entries_[index], EntryIndex{index},
                          *inclusion_proof(EntryIndex{index}, TreeSize{size}, nodes()),
                          checkpoint_at(size)});
  }

  // Sees every answer on its way out.
  std::function<void(const std::string& target, Answer& answer)> tamper;
  bool reachable = true;
  std::map<std::string, int> asked;

  std::string url() const override { return "http://registry.test"; }
  Result<Answer> ask(const Ask& ask) override {
    ++asked[ask.target];
    if (!reachable) return fail(Errc::unavailable, About::request, "no usable answer");
    Answer answer = answer_to(ask.target);
    if (tamper) tamper(ask.target, answer);
    if (answer.body.size() > ask.bytes_max && !ask.head)
      return fail(Errc::unavailable, About::request, "the answer is too large");
    return answer;
  }

 private:
  NodeReader nodes() const {
    return [this](unsigned level, std::uint64_t index) -> Result<Hash256> {
      return node(level, index);
    };
  }
  Hash256 node(unsigned level, std::uint64_t index) const {
    if (level == 0) return leaf_hash(entries_.at(index));
    return node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
  }
  std::string tile(const TilePath& path) const {
    std::string bytes;
    for (std::uint64_t i = 0; i < path.width; ++i) {
      const std::uint64_t at = path.n * kTileWidth + i;
      if (path.entries)
        append_bundle_entry(bytes, entries_.at(at));
      else
        bytes += as_view(node(path.level * kTileHeight, at));
    }
    return bytes;
  }
  Answer answer_to(const std::string& target) const {
    if (target == "/log/checkpoint") return {200, checkpoint_, {}};
    if (target == "/log/vkey") return {200, vkeys(), {}};
    constexpr std::string_view kProof = "/log/proof/";
    if (target.starts_with(kProof)) {
      const auto index = parse_decimal(std::string_view(target).substr(kProof.size()));
      if (!index || *index >= size()) return {404, "no such entry\n", {}};
      return {200, proof(*index, size()), {}};
    }
    constexpr std::string_view kTile = "/log/tile/";
    if (!target.starts_with(kTile)) return {404, "no such thing\n", {}};
    const auto path = parse_tile_path(std::string_view(target).substr(kTile.size()));
    const unsigned level = path ? path->level : 0;
    if (!path || path->width > tile_width_at(TreeSize{entries_.size()}, level, path->n))
      return {404, "no such tile\n", {}};
    return {200, tile(*path), {}};
  }

  std::string origin_;
  Signer log_;
  Signer event_;
  std::vector<VerifierKey> earlier_;
  std::vector<std::string> entries_;
  std::string checkpoint_;
};

}  // namespace varve::cli
