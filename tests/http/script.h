// The text of a transcript, taken apart: lines into blocks, {{…}} into values. Pure but for the
// files that a transcript names.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::transcript {

struct Line {
  int number = 0;
  std::string text;
};

struct Block {
  enum class Kind { request, raw, connect, set };
  Kind kind = Kind::request;
  Line first;  // the request line, or the directive
  std::vector<Line> headers;
  std::vector<Line> body;
  std::vector<Line> checks;
};

struct Trouble {
  int line = 0;
  std::string what;
};

std::expected<std::vector<Block>, Trouble> parse_script(std::string_view text);

using Variables = std::map<std::string, std::string, std::less<>>;

// `text` with its {{…}} replaced. Error: a sentence.
std::expected<std::string, std::string> expand(std::string_view text, const Variables& variables,
                                               const std::filesystem::path& directory);

// A raw block's line with its escapes replaced.
std::expected<std::string, std::string> unescape(std::string_view text);

std::expected<std::string, std::string> read_file(const std::filesystem::path& path);

// N copies of a text, from "N TEXT" split at `separator`.
std::expected<std::string, std::string> repeat(std::string_view text, char separator);

}  // namespace varve::transcript
