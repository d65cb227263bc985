// Proofs out of Warg's tree and map, at any length that a checkpoint has. I/O threads; proofs of
// many leaves are made on the pool.
//
// Beyond the reference: a proof for any record, not only the newest of its log, and proof that a
// package is not there.
#include <algorithm>
#include <utility>

#include "api/surface/warg_common.h"
#include "api/surface/warg_handlers.h"
#include "core/base/bytes.h"
#include "core/warg/bundle.h"
#include "core/warg/settle.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using json::Writer;

// A few proofs take less than the way to the pool and back.
constexpr std::size_t kFewLeaves = 4;

std::string one_member(std::string_view name, std::string_view bytes) {
  std::string text;
  Writer out(text);
  out.begin_object().key(name).string(base64_encode(bytes)).end_object();
  return text;
}

NodeReader nodes_of(Services& services, const View& view) {
  return services.state->warg_nodes.over(warg::tree_rows(view));
}

// ---- consistency ----

struct Lengths {
  std::uint64_t from;
  std::uint64_t to;
};

Result<Lengths> parse_lengths(const WargDocument& document) {
  VARVE_TRY(const auto from, document.number("from"));
  VARVE_TRY(const auto to, document.number("to"));
  return Lengths{from, to};
}

// Any two lengths, whether or not a checkpoint has them; the newer one is covered by one.
Result<std::string> consistency_json(Services& services, const View& view, const Lengths& lengths) {
  VARVE_TRY(const auto newest, warg::newest_checkpoint(view));
  if (!newest || lengths.to > newest->checkpoint.log_length)
    return fail(Errc::invalid, About::proof, "Necessary hash not found");
  VARVE_TRY(const auto bundle,
            warg::bundle_consistency(lengths.from, lengths.to, nodes_of(services, view)));
  return one_member("proof", bundle.encode());
}

// ---- inclusion ----

struct Wish {
  std::uint64_t length;
  std::vector<std::uint64_t> leaves;
};

Result<Wish> parse_wish(const WargDocument& document) {
  VARVE_TRY(const auto length, document.number("logLength"));
  VARVE_TRY(auto leaves, document.numbers("leafs", limits::kWargProofLeavesMax));
  return Wish{length, std::move(leaves)};
}

Result<warg::CheckpointRow> check_leaves(const View& view, const Wish& wish) {
  VARVE_TRY(auto checkpoint, need_checkpoint(view, wish.length));
  VARVE_TRY(const auto newest, warg::newest_checkpoint(view));
  for (const std::uint64_t leaf : wish.leaves)
    if (!newest || leaf >= newest->checkpoint.log_length)
      return fail(Errc::not_found, About::entry, "the log is not as long", std::to_string(leaf));
  return checkpoint;
}

Result<std::string> log_bundle(Services& services, const View& view, const Wish& wish) {
  VARVE_TRY(const auto bundle,
            warg::bundle_inclusion(wish.length, wish.leaves, nodes_of(services, view)));
  return bundle.encode();
}

// The rows of the map as of a checkpoint: those of the present, if it is the newest.
class MapOf {
 public:
  static Result<MapOf> make(const State& state, const warg::CheckpointRow& checkpoint) {
    MapOf map;
    VARVE_TRY(const auto newest, warg::newest_checkpoint(*state.view));
    map.view_ = state.view.get();
    if (newest && newest->checkpoint.log_length == checkpoint.checkpoint.log_length) return map;
    VARVE_TRY(map.then_, state.reader.view_as_of(TreeSize{checkpoint.index.value + 1}));
    map.view_ = map.then_.get();
    return map;
  }
  warg::PageReader pages() const { return warg::map_rows(*view_); }

 private:
  std::unique_ptr<View> then_;
  const View* view_ = nullptr;
};

Result<bool> is_head(const View& view, const warg::Leaf& leaf, std::uint64_t length) {
  VARVE_TRY(const auto row, warg::find_state(view, leaf.log, leaf.record));
  const auto* published = row ? std::get_if<warg::Published>(&row->state) : nullptr;
  if (published == nullptr)
    return fail(Errc::corrupt, About::storage, "a leaf is of no published record");
  VARVE_TRY(const auto next, warg::find_record(view, leaf.log, published->position + 1));
  return !next || next->registry_index >= length;
}

// What the map of then is asked about, or the leaf that it does not hold any more.
struct Heads {
  std::vector<Hash256> keys;
  std::optional<warg::MapEntry> outdated;
};
Result<Heads> heads_of(const View& view, const Wish& wish) {
  Heads heads;
  for (const std::uint64_t index : wish.leaves) {
    VARVE_TRY(const auto leaf, warg::find_leaf(view, index));
    if (!leaf) return fail(Errc::corrupt, About::storage, "a leaf of the log is not stored");
    heads.keys.push_back(warg::map_key(leaf->log));
    VARVE_TRY(const bool head, is_head(view, *leaf, wish.length));
    if (!head && !heads.outdated)
      heads.outdated = {heads.keys.back(), warg::map_leaf_hash(leaf->record)};
  }
  return heads;
}

struct Answer {
  unsigned status = 200;
  std::string text;
};

// The reference tells which root such a leaf would lead to.
Result<Answer> incorrect_proof(const warg::MapEntry& outdated, const warg::MapBundle& bundle,
                               const Heads& heads, const Digest& root) {
  const auto at = std::ranges::find(heads.keys, outdated.key) - heads.keys.begin();
  VARVE_TRY(const Hash256 found,
            warg::root_of_proof(outdated, bundle.proofs[static_cast<std::size_t>(at)]));
  std::string text;
  Writer out(text);
  out.begin_object().key("found").string(warg::hash_text(found));
  out.key("reason").string("incorrectProof").key("root").string(root.to_string());
  out.key("status").number(422).end_object();
  return Answer{422, std::move(text)};
}

Result<Answer> inclusion_json(Services& services, const State& state, const Wish& wish) {
  const View& view = *state.view;
  VARVE_TRY(const auto checkpoint, check_leaves(view, wish));
  VARVE_TRY(const auto log, log_bundle(services, view, wish));
  VARVE_TRY(const auto heads, heads_of(view, wish));
  VARVE_TRY(const auto map, MapOf::make(state, checkpoint));
  VARVE_TRY(const auto bundle, warg::bundle_map_inclusion(heads.keys, map.pages()));
  if (heads.outdated)
    return incorrect_proof(*heads.outdated, bundle, heads, checkpoint.checkpoint.map_root);
  std::string text;
  Writer out(text);
  out.begin_object().key("log").string(base64_encode(log));
  out.key("map").string(base64_encode(bundle.encode())).end_object();
  return Answer{200, std::move(text)};
}

Result<std::string> record_proof_json(Services& services, const State& state, const Wish& wish) {
  VARVE_CHECK(check_leaves(*state.view, wish));
  VARVE_TRY(const auto log, log_bundle(services, *state.view, wish));
  return one_member("log", log);
}

// ---- absence ----

struct AbsenceWish {
  std::uint64_t length;
  std::vector<Hash256> keys;
};

Result<AbsenceWish> parse_absence(const WargDocument& document) {
  AbsenceWish wish;
  VARVE_TRY(wish.length, document.number("logLength"));
  VARVE_TRY(const auto texts, document.texts("packages"));
  if (texts.size() > limits::kWargProofLeavesMax)
    return fail(Errc::too_large, About::proof, "too many packages are asked about at once");
  for (const std::string& text : texts) {
    VARVE_TRY(const auto log, warg_id<warg::LogId>(text, "packages"));
    wish.keys.push_back(warg::map_key(log));
  }
  return wish;
}

Result<std::string> absence_json(const State& state, const AbsenceWish& wish) {
  VARVE_TRY(const auto checkpoint, need_checkpoint(*state.view, wish.length));
  VARVE_TRY(const auto map, MapOf::make(state, checkpoint));
  auto bundle = warg::bundle_absence(wish.keys, map.pages());
  if (!bundle && bundle.error().code == Errc::conflict)
    return fail(Errc::invalid, About::proof, "one of the packages has records at this length");
  if (!bundle) return std::unexpected(bundle.error());
  return one_member("map", bundle->encode());
}

template <class Work>
auto here_or_on_pool(Services& services, std::size_t count, Work& work)
    -> awaitable<decltype(work())> {
  if (count <= kFewLeaves) co_return work();
  co_return co_await services.pool.run(work);
}

}  // namespace

awaitable<Response> prove_warg_consistency(Services& services, Request& request) {
  const auto asked = co_await read_question(services, request, parse_lengths);
  if (!asked) co_return warg_problem(asked.error());
  auto proof = consistency_json(services, *asked->state.view, asked->wish);
  if (!proof) co_return warg_problem(proof.error());
  co_return http::json(200, *std::move(proof));
}

awaitable<Response> prove_warg_inclusion(Services& services, Request& request) {
  const auto asked = co_await read_question(services, request, parse_wish);
  if (!asked) co_return warg_problem(asked.error());
  auto work = [&] { return inclusion_json(services, asked->state, asked->wish); };
  auto answer = co_await here_or_on_pool(services, asked->wish.leaves.size(), work);
  if (!answer) co_return warg_problem(answer.error());
  co_return http::json(answer->status, std::move(answer->text));
}

awaitable<Response> prove_warg_record(Services& services, Request& request) {
  const auto asked = co_await read_question(services, request, parse_wish);
  if (!asked) co_return warg_problem(asked.error());
  auto work = [&] { return record_proof_json(services, asked->state, asked->wish); };
  auto proof = co_await here_or_on_pool(services, asked->wish.leaves.size(), work);
  if (!proof) co_return warg_problem(proof.error());
  co_return http::json(200, *std::move(proof));
}

awaitable<Response> prove_warg_absence(Services& services, Request& request) {
  const auto asked = co_await read_question(services, request, parse_absence);
  if (!asked) co_return warg_problem(asked.error());
  auto work = [&] { return absence_json(asked->state, asked->wish); };
  auto proof = co_await here_or_on_pool(services, asked->wish.keys.size(), work);
  if (!proof) co_return warg_problem(proof.error());
  co_return http::json(200, *std::move(proof));
}

}  // namespace varve::surface
