// A line a key: "<access key> <microseconds>". Any thread; see the header for what blocks.
#include "api/auth/signed_ahead.h"

#include <algorithm>
#include <optional>

#include "core/base/bytes.h"
#include "log/file_io.h"

namespace varve::auth {

namespace {

constexpr std::string_view kEveryKey = "*";  // no id of a credential

}  // namespace

SignedAhead::SignedAhead(std::filesystem::path file, Timestamp began) : file_(std::move(file)) {
  if (!file_.empty()) read(began);
}

void SignedAhead::read(Timestamp began) {
  const auto text = read_whole_file(file_, About::storage);
  if (text && !*text) return;
  bool whole = text.has_value();
  std::string_view rest = whole ? std::string_view(**text) : std::string_view();
  while (whole && !rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const std::size_t space = std::min(line.find(' '), line.size());
    const auto date = parse_decimal(line.substr(std::min(space + 1, line.size())));
    whole = end != rest.npos && space > 0 && date && *date <= INT64_MAX;
    if (whole) before_.emplace(line.substr(0, space), static_cast<std::int64_t>(*date));
    rest.remove_prefix(whole ? end + 1 : rest.size());
  }
  // Written again with what is noted from now on: the server after this one cannot know it either.
  if (!whole) before_.insert_or_assign(std::string(kEveryKey), began.micros + kSdkAheadMax.count());
  if (const auto every = before_.find(kEveryKey); every != before_.end())
    all_before_ = every->second;
  noted_ = before_;
}

Timestamp SignedAhead::taken_before(std::string_view access_key) const {
  const auto found = before_.find(access_key);
  return {std::max(all_before_, found == before_.end() ? 0 : found->second)};
}

bool SignedAhead::is_noted(std::string_view access_key, Timestamp signed_at) const {
  const std::lock_guard lock(mutex_);
  const auto found = noted_.find(access_key);
  return found != noted_.end() && found->second >= signed_at.micros;
}

Result<void> SignedAhead::note(std::string_view access_key, Timestamp signed_at, Timestamp now) {
  const std::lock_guard writing(writing_);
  if (is_noted(access_key, signed_at)) return {};
  Dates dates;
  {
    const std::lock_guard lock(mutex_);
    dates = noted_;
  }
  // What our own clock has passed, by the whole second that dates are, says nothing that the
  // beginning of the next server does not say.
  constexpr std::int64_t kSecond = 1'000'000;
  std::erase_if(dates, [&](const auto& one) { return one.second + kSecond <= now.micros; });
  dates.insert_or_assign(std::string(access_key), signed_at.micros);
  std::string text;
  for (const auto& [key, date] : dates) text += key + " " + std::to_string(date) + "\n";
  if (!file_.empty())
    if (const auto written = replace_file(file_, text, 0600, About::storage); !written)
      return fail(Errc::unavailable, About::storage, written.error().what);
  const std::lock_guard lock(mutex_);
  noted_ = std::move(dates);
  return {};
}

}  // namespace varve::auth
