// librpm, and nothing of it beyond reading tags: no configuration, keyring, database or macros.
#include "api/rpm/header.h"

#include <rpm/header.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmtd.h>

#include <mutex>

namespace varve::rpm {
namespace {

int say_nothing(rpmlogRec /*record*/, rpmlogCallbackData /*data*/) {
  return 0;
}

// One lock for all of librpm. What is wrong with a header is told by us, not on stderr.
std::unique_lock<std::mutex> librpm() {
  static std::mutex mutex;
  std::unique_lock lock(mutex);
  static const bool silenced = [] {
    rpmlogSetCallback(say_nothing, nullptr);
    return true;
  }();
  static_cast<void>(silenced);
  return lock;
}

// A tag's value; it points into the header, so it lives under the lock.
class Value {
 public:
  // RAW: a text in several languages comes as all of them, the first being the C locale's, rather
  // than as what the environment of this process asks for.
  Value(::Header header, Tag tag)
      : td_(rpmtdNew()),
        there_(headerGet(header, tag, td_, HEADERGET_MINMEM | HEADERGET_RAW) == 1) {}
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  ~Value() {
    rpmtdFreeData(td_);
    rpmtdFree(td_);
  }
  bool is(rpmTagClass what) const { return there_ && rpmtdClass(td_) == what; }
  rpmtd get() const { return td_; }

 private:
  rpmtd td_;
  bool there_;
};

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : text;
}

}  // namespace

struct Header::State {
  ::Header header = nullptr;
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    const auto lock = librpm();
    headerFree(header);
  }
};

Header::Header(std::unique_ptr<State> state) : state_(std::move(state)) {}
Header::~Header() = default;
Header::Header(Header&&) noexcept = default;
Header& Header::operator=(Header&&) noexcept = default;

Result<Header> Header::import(std::string_view blob) {
  auto state = std::make_unique<State>();
  std::string copy(blob);  // librpm takes it as something it may write to
  {
    const auto lock = librpm();
    state->header =
        headerImport(copy.data(), static_cast<unsigned int>(copy.size()), HEADERIMPORT_COPY);
  }
  if (state->header == nullptr)
    return fail(Errc::invalid, About::body, "a header of the RPM contradicts itself");
  return Header(std::move(state));
}

bool Header::has(Tag tag) const {
  const auto lock = librpm();
  return headerIsEntry(state_->header, tag) == 1;
}

std::optional<std::string> Header::text(Tag tag) const {
  const auto lock = librpm();
  const Value value(state_->header, tag);
  if (!value.is(RPM_STRING_CLASS) || rpmtdNext(value.get()) < 0) return std::nullopt;
  return text_of(rpmtdGetString(value.get()));
}

std::vector<std::string> Header::texts(Tag tag) const {
  const auto lock = librpm();
  std::vector<std::string> texts;
  const Value value(state_->header, tag);
  if (!value.is(RPM_STRING_CLASS)) return texts;
  texts.reserve(rpmtdCount(value.get()));
  while (rpmtdNext(value.get()) >= 0) texts.push_back(text_of(rpmtdGetString(value.get())));
  return texts;
}

std::vector<std::uint64_t> Header::numbers(Tag tag) const {
  const auto lock = librpm();
  std::vector<std::uint64_t> numbers;
  const Value value(state_->header, tag);
  if (!value.is(RPM_NUMERIC_CLASS)) return numbers;
  numbers.reserve(rpmtdCount(value.get()));
  while (rpmtdNext(value.get()) >= 0) numbers.push_back(rpmtdGetNumber(value.get()));
  return numbers;
}

std::optional<std::uint64_t> Header::number(Tag tag) const {
  const auto lock = librpm();
  const Value value(state_->header, tag);
  if (!value.is(RPM_NUMERIC_CLASS) || rpmtdNext(value.get()) < 0) return std::nullopt;
  return rpmtdGetNumber(value.get());
}

std::optional<std::string> Header::binary(Tag tag) const {
  const auto lock = librpm();
  const Value value(state_->header, tag);
  if (!value.is(RPM_BINARY_CLASS)) return std::nullopt;
  return std::string(static_cast<const char*>(value.get()->data), value.get()->count);
}

}  // namespace varve::rpm
