// What the handlers of Warg's surface share: its errors, its JSON bodies, the state that answers,
// and which packages a caller may see. I/O threads, and the pool.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "api/http/message.h"
#include "api/services.h"
#include "api/surface/as_of.h"
#include "core/base/json.h"
#include "core/warg/query.h"

namespace varve::surface {

http::Response warg_problem(const Error& error);

// A JSON body, with the reference's errors: About::body when it is JSON of another form (422) or
// does not say that it is JSON (415), About::request when it is none (400).
class WargDocument {
 public:
  static Result<WargDocument> parse(std::string_view text);

  bool has(std::string_view name) const;  // null counts as absent
  Result<void> only(std::initializer_list<std::string_view> names) const;
  Result<std::string> text(std::string_view name) const;
  Result<std::uint64_t> number(std::string_view name) const;
  Result<WargDocument> object(std::string_view name) const;
  Result<bool> empty_array(std::string_view name) const;  // true when absent
  Result<std::vector<std::uint64_t>> numbers(std::string_view name, std::size_t count_max) const;
  Result<std::vector<std::string>> texts(std::string_view name) const;
  // A map of texts, where null stands for none.
  using Texts = std::vector<std::pair<std::string, std::optional<std::string>>>;
  Result<Texts> text_map(std::string_view name) const;

 private:
  Result<simdjson::dom::element> member(std::string_view name) const;
  std::shared_ptr<simdjson::dom::parser> parser_;  // owns what object_ points into
  simdjson::dom::object object_;
};
http::net::awaitable<Result<WargDocument>> read_warg_document(const http::Request& request);

// About::body, in the reference's words.
std::unexpected<Error> wrong_form(std::string_view member, std::string_view why);

// What a parameter of the path is.
template <class Id>
Result<Id> warg_id(std::string_view text) {
  auto id = Id::parse(text);
  if (id) return id;
  return fail(Errc::invalid, About::request, "Invalid URL: " + id.error().what);
}
// What a text in a member of the body is.
template <class Id>
Result<Id> warg_id(std::string_view text, std::string_view member) {
  auto id = Id::parse(text);
  if (id) return id;
  return wrong_form(member, id.error().what);
}

// The newest state, or the one that ?as_of= names.
http::net::awaitable<Result<State>> warg_state(Services& services, const http::Request& request);

// What a POST asks, and the state that answers it.
template <class Wish>
struct Question {
  Wish wish;
  State state;
};
// `parse` makes the wish out of the document.
template <class Parse>
auto read_question(Services& services, const http::Request& request, Parse parse)
    -> http::net::awaitable<
        Result<Question<typename std::invoke_result_t<Parse, const WargDocument&>::value_type>>> {
  const auto document = co_await read_warg_document(request);
  if (!document) co_return std::unexpected(document.error());
  auto wish = parse(*document);
  if (!wish) co_return std::unexpected(wish.error());
  auto state = co_await warg_state(services, request);
  if (!state) co_return std::unexpected(state.error());
  co_return Question<typename decltype(wish)::value_type>{*std::move(wish), *std::move(state)};
}

// The checkpoint of this length. Errors: not_found/About::checkpoint, with the length.
Result<warg::CheckpointRow> need_checkpoint(const View& view, std::uint64_t log_length);

// Which packages a request may see: those whose repositories its caller may pull from, with the
// rights of now. What it may not see is for it as if it were not there. One thread.
class Sight {
 public:
  Sight(const Services& services, const http::Request& request);
  Result<bool> sees(std::string_view package) const;
  // Of the log of `row`, or its absence.
  Result<bool> sees(const std::optional<warg::LogRow>& row) const;
  // Has any package that it may see released this content?
  Result<bool> sees_content(const View& view, const Digest& digest) const;
  // How to say that a log is not there: whoever is nobody, where nobody may see everything, is told
  // to log in, whether there is one or not.
  Error missing(const warg::LogId& log) const;
  // The same of a record: that its log is there is told to those who see the log.
  Error missing(const View& view, const warg::LogId& log, const warg::RecordId& record) const;

 private:
  const Services& services_;
  const http::Request& request_;
  std::unique_ptr<View> newest_;
};

}  // namespace varve::surface
