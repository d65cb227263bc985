// Parsing of moments and the choice of rows. Any thread.
#include "api/surface/as_of.h"

#include <string>

#include "core/base/bytes.h"

namespace varve::surface {
namespace {

constexpr std::string_view kNamePrefix = "asof.";

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Result<Moment> parse_moment(std::string_view text) {
  if (all_digits(text)) {
    const auto size = parse_decimal(text);
    if (!size)
      return fail(Errc::invalid, About::request,
                  "as_of is a size in decimal without leading zeros, or an RFC 3339 time",
                  std::string(text.substr(0, 64)));
    return Moment{TreeSize{*size}};
  }
  VARVE_TRY(const Timestamp time, Timestamp::parse(text));
  return Moment{time};
}

Result<NameAt> split_name(std::string_view path_name) {
  if (!path_name.starts_with(kNamePrefix)) return NameAt{Present{}, path_name};
  const std::size_t slash = path_name.find('/');
  const std::string_view first = path_name.substr(0, slash);
  const std::string_view when = first.substr(kNamePrefix.size());
  const std::string_view name =
      slash == std::string_view::npos ? std::string_view{} : path_name.substr(slash + 1);
  if (const auto size = parse_decimal(when)) return NameAt{TreeSize{*size}, name};
  if (const auto time = Timestamp::parse_compact(when)) return NameAt{*time, name};
  return fail(Errc::invalid, About::name,
              "asof. is followed by a size or a time like 20260901t000000z", std::string(first));
}

Result<Moment> one_moment(const Moment& from_path, std::optional<std::string_view> as_of) {
  if (!as_of) return from_path;
  if (!std::holds_alternative<Present>(from_path))
    return fail(Errc::invalid, About::request,
                "the name and the parameter as_of both ask for a moment; use one of them");
  return parse_moment(*as_of);
}

Result<State> state_at(Reader reader, const Moment& moment) {
  if (std::holds_alternative<Present>(moment)) {
    const TreeSize size = reader.head().size;
    auto view = reader.view();
    return State{std::move(reader), std::move(view), size, true};
  }
  TreeSize size;
  if (const auto* asked = std::get_if<TreeSize>(&moment)) {
    size = *asked;
  } else {
    VARVE_TRY(size, reader.size_at(std::get<Timestamp>(moment)));
  }
  // The same rows, and the present's are read faster: pages after the first name the size of the
  // first.
  if (size == reader.head().size) return state_at(std::move(reader), Present{});
  VARVE_TRY(auto view, reader.view_as_of(size));
  return State{std::move(reader), std::move(view), size, false};
}

http::net::awaitable<Result<State>> state_of(http::Pool& pool, Reader reader, Moment moment) {
  auto work = [&] { return state_at(reader, moment); };
  if (!std::holds_alternative<Timestamp>(moment)) co_return work();
  co_return co_await pool.run(work);
}

}  // namespace varve::surface
