// A registry as its clients see it: requests that are answered or not. Behind it is HTTP
// (client.h), or memory in tests. The thread of main() only. Every answer is hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace varve::cli {

struct Answer {
  unsigned status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // The header's value, whatever the case of its name; empty when absent.
  std::string_view header(std::string_view name) const;
};

// A request's body that may be too large for memory, in pieces.
class Upload {
 public:
  virtual ~Upload() = default;
  virtual std::uint64_t size() const = 0;
  virtual Result<void> rewind() = 0;  // the next piece is the first one
  virtual Result<std::string> next() = 0;
};

// Takes an answer's body as it comes. An error ends the transfer and is what the asker gets.
using Sink = std::function<Result<void>(std::string_view piece)>;

struct Ask {
  std::string target;         // "/log/checkpoint"
  std::size_t bytes_max = 0;  // longer answers are refused while they come in
  bool head = false;          // HEAD
  bool patient = true;        // a 503 with Retry-After is asked again, a few times
  std::string method = {};    // empty: GET or HEAD; what changes something is never sent twice
  std::string body = {};
  std::string content_type = "application/json";                  // of the body
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides
  bool question = false;     // changes nothing, though its method is POST
  Upload* upload = nullptr;  // bytes in place of `body`
  Sink sink = {};            // takes the body of a 200; others stay short
};

class Server {
 public:
  virtual ~Server() = default;
  // Errors: nobody answered, or not in HTTP (unavailable, About::request).
  virtual Result<Answer> ask(const Ask& ask) = 0;
  virtual std::string url() const = 0;
};

// The body of a 200 answer about something every log has: checkpoint, keys, and whatever is below
// the size it signed. Errors: unauthorized, denied; anything else the server answers, 404 too, is
// `unavailable`: it says nothing about the log.
Result<std::string> fetch(Server& server, std::string target, std::size_t bytes_max);
// What an answer other than 200 means for the thing a person asked about: not_found and gone too.
Error refusal(const Server& server, std::string_view target, const Answer& answer);

}  // namespace varve::cli
