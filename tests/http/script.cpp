// The grammar of transcripts. See README.md for the language.
#include "script.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace varve::transcript {

namespace {

constexpr std::size_t kRepeatBytesMax = 256 << 20;

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back({number, std::string(text.substr(0, end))});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_check_start(std::string_view text) {
  return text.starts_with("status ");
}

bool is_request_start(std::string_view text) {
  const std::size_t space = text.find(' ');
  return space != 0 && space != std::string_view::npos &&
         text.substr(0, space).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
             std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::vector<Line> lines) : lines_(std::move(lines)) {}

  std::expected<std::vector<Block>, Trouble> read() {
    std::vector<Block> blocks;
    for (;;) {
      while (!done() && skippable(text())) ++at_;
      if (done()) return blocks;
      auto block = read_block();
      if (!block) return std::unexpected(block.error());
      blocks.push_back(*std::move(block));
    }
  }

 private:
  bool done() const { return at_ == lines_.size(); }
  const std::string& text() const { return lines_[at_].text; }
  static bool skippable(std::string_view text) { return text.empty() || text.starts_with('#'); }
  Line take() { return lines_[at_++]; }

  std::expected<Block, Trouble> read_block() {
    Block block;
    block.first = take();
    const std::string& first = block.first.text;
    if (first == "connect" || first.starts_with("set ")) {
      block.kind = first == "connect" ? Block::Kind::connect : Block::Kind::set;
      return block;
    }
    if (first == "raw") {
      block.kind = Block::Kind::raw;
      while (!done() && !text().empty()) block.body.push_back(take());
    } else if (is_request_start(first)) {
      while (!done() && !text().empty()) block.headers.push_back(take());
      read_body(block);
    } else {
      return std::unexpected(
          Trouble{block.first.number, "neither a request nor a directive: " + first});
    }
    return read_checks(std::move(block));
  }

  // Up to an empty line before checks; bodies may hold empty lines themselves.
  void read_body(Block& block) {
    while (!done() && text().empty()) ++at_;
    while (!done() && !is_check_start(text())) block.body.push_back(take());
    while (!block.body.empty() && block.body.back().text.empty()) block.body.pop_back();
  }

  std::expected<Block, Trouble> read_checks(Block block) {
    while (!done() && text().empty()) ++at_;
    if (done() || !is_check_start(text())) {
      return std::unexpected(Trouble{block.first.number, "a request without a status to expect"});
    }
    for (; !done() && !text().empty(); ++at_) {
      if (!text().starts_with('#')) block.checks.push_back(lines_[at_]);
    }
    return block;
  }

  std::vector<Line> lines_;
  std::size_t at_ = 0;
};

// What a function is applied to: plain text, repeated text, or a file.
std::expected<std::string, std::string> argument(std::string_view text,
                                                 const std::filesystem::path& directory) {
  if (text.starts_with("repeat:")) return repeat(text.substr(7), ':');
  if (text.starts_with("file:")) return read_file(directory / text.substr(5));
  return std::string(text);
}

std::expected<std::string, std::string> call(std::string_view name, std::string_view rest,
                                             const std::filesystem::path& directory) {
  if (name == "repeat") return repeat(rest, ':');
  auto value = argument(rest, directory);
  if (!value) return value;
  if (name == "sha256") return Digest::of(*value).to_string();
  if (name == "sha512") return Digest::of(*value, DigestAlgorithm::sha512).to_string();
  if (name == "size") return std::to_string(value->size());
  if (name == "base64") return base64_encode(*value);
  return std::unexpected("no such function: " + std::string(name));
}

std::expected<std::string, std::string> value_of(std::string_view name, const Variables& variables,
                                                 const std::filesystem::path& directory) {
  const auto found = variables.find(name);
  if (found != variables.end()) return found->second;
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos)
    return std::unexpected("no such variable: " + std::string(name));
  return call(name.substr(0, colon), name.substr(colon + 1), directory);
}

// Where the }} stands that belongs to the {{ at `open`; npos when there is none.
std::size_t closing_of(std::string_view text, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t at = open; at + 1 < text.size(); ++at) {
    const std::string_view pair = text.substr(at, 2);
    if (pair == "{{") ++depth;
    if (pair == "}}" && --depth == 0) return at;
    if (pair == "{{" || pair == "}}") ++at;
  }
  return std::string_view::npos;
}

}  // namespace

std::expected<std::vector<Block>, Trouble> parse_script(std::string_view text) {
  return Reader(lines_of(text)).read();
}

std::expected<std::string, std::string> expand(std::string_view text, const Variables& variables,
                                               const std::filesystem::path& directory) {
  std::string out;
  for (;;) {
    const std::size_t open = text.find("{{");
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) return out;
    const std::size_t close = closing_of(text, open);
    if (close == std::string_view::npos) return std::unexpected("{{ without }}");
    const auto name = expand(text.substr(open + 2, close - open - 2), variables, directory);
    if (!name) return name;
    auto value = value_of(*name, variables, directory);
    if (!value) return value;
    out.append(*value);
    text.remove_prefix(close + 2);
  }
}

std::expected<std::string, std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    const char kind = ++i < text.size() ? text[i] : '?';
    static constexpr std::string_view kNames = "rnt0\\";
    static constexpr std::string_view kValues("\r\n\t\0\\", 5);
    if (const std::size_t known = kNames.find(kind); known != std::string_view::npos) {
      out.push_back(kValues[known]);
      continue;
    }
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    if (kind != 'x' || text.size() - i < 3 ||
        std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) {
      return std::unexpected("an unknown escape in: " + std::string(text));
    }
    out.push_back(static_cast<char>(byte));
    i += 2;
  }
  return out;
}

std::expected<std::string, std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected("cannot open " + path.string());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::expected<std::string, std::string> repeat(std::string_view text, char separator) {
  std::size_t times = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), times);
  if (error != std::errc() || stop == text.data() + text.size() || *stop != separator) {
    return std::unexpected("not a count and a text: " + std::string(text));
  }
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  if (text.size() * times > kRepeatBytesMax) return std::unexpected("too long a repetition");
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out.append(text);
  return out;
}

}  // namespace varve::transcript
