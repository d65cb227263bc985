// Sends what a transcript says and checks what comes back. See README.md for the language.
#include "transcript.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <regex>

#include "core/base/digest.h"
#include "wire_client.h"

namespace varve::transcript {

namespace {

using Outcome = std::expected<void, std::string>;
using Text = std::expected<std::string, std::string>;

std::unexpected<std::string> differs(std::string what) {
  return std::unexpected(std::move(what));
}

// "word rest" → word, leaving rest.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

bool is_regex(std::string_view text) {
  return text.size() >= 2 && text.starts_with('/') && text.ends_with('/');
}

Outcome match(std::string_view value, std::string_view pattern) {
  if (!is_regex(pattern)) return differs(fmt::format("not a /regex/: {}", pattern));
  const std::string inner(pattern.substr(1, pattern.size() - 2));
  try {
    if (std::regex_search(std::string(value), std::regex(inner))) return {};
  } catch (const std::regex_error& e) {
    return differs(fmt::format("bad regular expression {}: {}", pattern, e.what()));
  }
  return differs(fmt::format("'{}' does not match {}", value, pattern));
}

Outcome equal(std::string_view got, std::string_view wanted) {
  if (got == wanted) return {};
  return differs(fmt::format("'{}' instead of '{}'", got, wanted));
}

Outcome check_header(const Reply& reply, std::string_view text) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string_view::npos) return differs("header NAME: value is needed");
  const std::string* value = reply.header(text.substr(0, colon));
  const std::string_view wanted = text.substr(colon + 2);
  if (wanted == "absent") {
    return value == nullptr ? Outcome() : differs(fmt::format("the header is there: {}", *value));
  }
  if (value == nullptr) return differs("no such header");
  if (wanted == "present") return {};
  return is_regex(wanted) ? match(*value, wanted) : equal(*value, wanted);
}

class Json {
 public:
  explicit Json(std::string text) : text_(std::move(text)) {
    error_ = parser_.parse(text_).get(document_);
  }
  std::expected<simdjson::dom::element, std::string> at(std::string_view pointer) {
    if (error_ != simdjson::SUCCESS) return differs("the body is not JSON");
    simdjson::dom::element element;
    if (pointer == "/") pointer = "";
    if (document_.at_pointer(pointer).get(element) != simdjson::SUCCESS) {
      return differs(fmt::format("nothing at {}", pointer));
    }
    return element;
  }

 private:
  std::string text_;
  simdjson::dom::parser parser_;
  simdjson::dom::element document_;
  simdjson::error_code error_ = simdjson::SUCCESS;
};

Text json_text(const std::string& body, std::string_view pointer) {
  Json json(body);
  const auto element = json.at(pointer);
  if (!element) return differs(element.error());
  std::string_view text;
  if (element->get(text) == simdjson::SUCCESS) return std::string(text);
  return std::string(simdjson::minify(*element));
}

Outcome check_json_size(simdjson::dom::element element, std::string_view wanted) {
  simdjson::dom::array array;
  simdjson::dom::object object;
  if (element.get(array) == simdjson::SUCCESS) return equal(std::to_string(array.size()), wanted);
  if (element.get(object) == simdjson::SUCCESS) return equal(std::to_string(object.size()), wanted);
  return differs("neither an array nor an object");
}

Outcome check_json(const std::string& body, std::string_view text) {
  const std::string_view pointer = take_word(text);
  const std::string_view how = take_word(text);
  Json json(body);
  const auto element = json.at(pointer);
  if (how == "absent") {
    return element ? differs("it is there") : Json(body).at("") ? Outcome() : differs("not JSON");
  }
  if (!element) return differs(element.error());
  if (how == "size") return check_json_size(*element, text);
  if (how == "~") {
    std::string_view value;
    if (element->get(value) != simdjson::SUCCESS) return differs("not a string");
    return match(value, text);
  }
  if (how != "==") return differs(fmt::format("no such comparison: {}", how));
  Json wanted{std::string(text)};
  const auto root = wanted.at("");
  if (!root) return differs(fmt::format("not JSON: {}", text));
  return equal(std::string(simdjson::minify(*element)), std::string(simdjson::minify(*root)));
}

Outcome check_body(const std::string& body, std::string_view text) {
  const std::string_view how = take_word(text);
  if (how == "==") return equal(body, text);
  if (how == "~") return match(body, text);
  return differs(fmt::format("no such comparison: {}", how));
}

class Player {
 public:
  explicit Player(const Options& options)
      : options_(options),
        variables_(options.variables),
        client_(options.host, options.port, options.patience) {}

  std::optional<Trouble> play(const Block& block) {
    line_ = block.first.number;
    const Outcome outcome = act(block);
    if (outcome) return std::nullopt;
    return Trouble{line_, outcome.error()};
  }

 private:
  Text expanded(std::string_view text) const {
    return expand(text, variables_, options_.directory);
  }

  Outcome act(const Block& block) {
    switch (block.kind) {
      case Block::Kind::connect:
        client_.reconnect();
        return {};
      case Block::Kind::set:
        return set(block.first.text.substr(4));
      case Block::Kind::raw:
        return exchange(block, raw_bytes(block), false);
      case Block::Kind::request:
        return exchange(block, request_bytes(block), block.first.text.starts_with("HEAD "));
    }
    return {};
  }

  Outcome set(std::string_view text) {
    const std::string name(take_word(text));
    if (take_word(text) != "=") return differs("set NAME = text is needed");
    auto value = expanded(text);
    if (!value) return differs(value.error());
    variables_[name] = *std::move(value);
    return {};
  }

  Outcome exchange(const Block& block, const Text& bytes, bool head) {
    if (!bytes) return differs(bytes.error());
    if (auto sent = client_.send(*bytes); !sent) return sent;
    auto reply = client_.receive(head);
    if (!reply) return differs(reply.error());
    for (const Line& check : block.checks) {
      line_ = check.number;
      const auto text = expanded(check.text);
      if (!text) return differs(text.error());
      if (auto outcome = judge(*reply, *text); !outcome) {
        return differs(fmt::format("{}\n  expected: {}\n  answer: {} {}", outcome.error(), *text,
                                   reply->status, reply->body.substr(0, 600)));
      }
    }
    return {};
  }

  Outcome judge(const Reply& reply, std::string_view text) {
    const std::string_view what = take_word(text);
    if (what == "status") return equal(std::to_string(reply.status), text);
    if (what == "header") return check_header(reply, text);
    if (what == "json") return check_json(reply.body, text);
    if (what == "body") return check_body(reply.body, text);
    if (what == "body-size") return equal(std::to_string(reply.body.size()), text);
    if (what == "body-sha256") {
      const Digest digest = Digest::of(reply.body);
      return text.starts_with("sha256:") ? equal(digest.to_string(), text)
                                         : equal(digest.hex(), text);
    }
    if (what == "closed")
      return client_.closed() ? Outcome() : differs("the connection is still open");
    if (what == "capture") return capture(reply, text);
    return differs(fmt::format("no such check: {}", what));
  }

  Outcome capture(const Reply& reply, std::string_view text) {
    const std::string name(take_word(text));
    const std::string_view from = take_word(text);
    if (from == "body") {
      variables_[name] = reply.body;
      return {};
    }
    if (from == "json") {
      auto value = json_text(reply.body, text);
      if (!value) return differs(value.error());
      variables_[name] = *std::move(value);
      return {};
    }
    const std::string* value = reply.header(text);
    if (from != "header" || value == nullptr) return differs("nothing to capture");
    variables_[name] = *value;
    return {};
  }

  Text raw_bytes(const Block& block) const {
    std::string bytes;
    for (const Line& line : block.body) {
      auto text = expanded(line.text);
      if (text) text = unescape(*text);
      if (!text) return text;
      bytes += *text;
    }
    return bytes;
  }

  Text body_bytes(const Block& block) const {
    if (block.body.size() == 1) {
      std::string_view only = block.body.front().text;
      const std::string_view how = take_word(only);
      if (how == "body-file") return read_file(options_.directory / only);
      if (how == "body-repeat") return repeat(only, ' ');
    }
    std::string bytes;
    for (const Line& line : block.body) {
      auto text = expanded(line.text);
      if (!text) return text;
      if (&line != &block.body.front()) bytes += '\n';
      bytes += *text;
    }
    return bytes;
  }

  // The request line; a captured absolute Location becomes the path it names.
  Text request_line(const Block& block) const {
    auto line = expanded(block.first.text);
    if (!line) return line;
    const std::size_t space = line->find(' ');
    std::string target = line->substr(space + 1);
    if (const std::size_t scheme = target.find("://"); scheme < target.find('/')) {
      const std::size_t slash = target.find('/', scheme + 3);
      target = slash == std::string::npos ? "/" : target.substr(slash);
    }
    return line->substr(0, space) + " " + target + " HTTP/1.1\r\n";
  }

  Text request_bytes(const Block& block) const {
    auto bytes = request_line(block);
    auto body = body_bytes(block);
    if (!bytes) return bytes;
    if (!body) return body;
    bool has_host = false;
    bool has_length = false;
    bool chunked = false;
    for (const Line& header : block.headers) {
      auto text = expanded(header.text);
      if (!text) return text;
      has_host |= text->starts_with("Host:");
      has_length |= text->starts_with("Content-Length:");
      chunked |= *text == "Transfer-Encoding: chunked";
      *bytes += *text + "\r\n";
    }
    if (!has_host) *bytes += fmt::format("Host: {}:{}\r\n", options_.host, options_.port);
    const bool may_have_body = !block.body.empty() || block.first.text.starts_with('P');
    if (!has_length && !chunked && may_have_body) {
      *bytes += fmt::format("Content-Length: {}\r\n", body->size());
    }
    return *bytes + "\r\n" + (chunked ? in_chunks(*body) : *body);
  }

  static std::string in_chunks(std::string_view body) {
    constexpr std::size_t kChunk = 65'536;
    std::string out;
    for (std::size_t at = 0; at < body.size(); at += kChunk) {
      const std::string_view part = body.substr(at, kChunk);
      out += fmt::format("{:x}\r\n{}\r\n", part.size(), part);
    }
    return out + "0\r\n\r\n";
  }

  const Options& options_;
  Variables variables_;
  WireClient client_;
  int line_ = 0;
};

}  // namespace

std::optional<Trouble> play(std::string_view text, const Options& options) {
  const auto blocks = parse_script(text);
  if (!blocks) return blocks.error();
  Player player(options);
  for (const Block& block : *blocks) {
    if (auto trouble = player.play(block)) return trouble;
  }
  if (blocks->empty()) return Trouble{1, "an empty transcript"};
  return std::nullopt;
}

}  // namespace varve::transcript
