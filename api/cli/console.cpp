// The two output streams and what may be written to them. The thread of main() only.
#include "api/cli/console.h"

#include <cstdio>

#include "core/base/bytes.h"

namespace varve::cli {
namespace {

// How many bytes the UTF-8 sequence that starts with `lead` has; 0: it cannot start one.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

// C0, DEL, C1; U+200E/F, U+202A–E, U+2066–9 (they reorder what a person reads).
bool is_hidden(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7f;
  if (sequence.size() == 2) return byte(0) == 0xc2 && byte(1) < 0xa0;
  if (sequence.size() != 3 || byte(0) != 0xe2) return false;
  if (byte(1) == 0x80)
    return byte(2) == 0x8e || byte(2) == 0x8f || (byte(2) >= 0xa8 && byte(2) <= 0xae);
  return byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;
}

void append_escaped(std::string& out, std::string_view bytes) {
  for (const char c : bytes) out += "\\x" + hex_encode({&c, 1});
}

}  // namespace

std::string clean(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(static_cast<unsigned char>(text[0]));
    const bool whole = length != 0 && length <= text.size();
    const std::string_view sequence = text.substr(0, whole ? length : 1);
    if (!whole || !is_valid_utf8(sequence)) {
      append_escaped(out, text.substr(0, 1));
      text.remove_prefix(1);
      continue;
    }
    if (is_hidden(sequence))
      append_escaped(out, sequence);
    else
      out += sequence;
    text.remove_prefix(sequence.size());
  }
  return out;
}

std::string describe(const Error& error) {
  return error.detail.empty() ? error.what : error.what + " (" + error.detail + ")";
}

std::string usual_next_step(ExitCode code) {
  switch (code) {
    case ExitCode::usage:
      return "see `varve help` and the examples of the command's --help";
    case ExitCode::proven_false:
      return "do not use it; fetch it again from a source you trust, and tell the registry's "
             "operator";
    case ExitCode::absent:
      return "check the name or number; `varve log` lists what the registry knows";
    case ExitCode::policy:
      return "ask the publisher for what is missing, or change the policy";
    case ExitCode::cannot_tell:
      return "check that the server runs and can be reached, then try again";
    case ExitCode::equivocation:
      return "stop using this registry, keep the evidence, and show it to the operator";
    case ExitCode::authentication:
      return "use credentials that may do this";
    case ExitCode::conflict:
      return "find who else uses it, then try again";
    case ExitCode::ok:
    case ExitCode::internal:
    case ExitCode::interrupted:
      break;
  }
  return "if it happens again, report it with the command you ran";
}

Failure::Failure(const Error& error)
    : code(exit_code_of(error)), what(error.what), why(error.detail), next(usual_next_step(code)) {}

void Console::say(std::string_view message) {
  end_progress();
  err_ << message << '\n';
}

void Console::warn(std::string_view message) {
  end_progress();
  err_ << paint("warning:", "33") << ' ' << message << '\n';
}

void Console::progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
  if (!options_.progress) return;
  err_ << "\r\x1b[K" << what << ' ' << done << " of " << total << std::flush;
  progress_shown_ = true;
}

void Console::end_progress() {
  if (!progress_shown_) return;
  err_ << "\r\x1b[K";
  progress_shown_ = false;
}

void Console::report(std::string_view command, const Failure& failure) {
  end_progress();
  out_.flush();
  err_ << paint("error:", "31") << " varve " << command << ": " << clean(failure.what) << '\n';
  if (!failure.why.empty()) err_ << "  why:  " << clean(failure.why) << '\n';
  if (!failure.next.empty()) err_ << "  next: " << clean(failure.next) << '\n';
  err_.flush();
}

std::string Console::mark(Mark mark) const {
  switch (mark) {
    case Mark::yes:
      return paint("✓", "32");
    case Mark::no:
      return paint("✗", "31");
    case Mark::unknown:
      return paint("?", "33");
    case Mark::none:
      break;
  }
  return "–";
}

std::string Console::paint(std::string_view text, const char* code) const {
  if (!options_.colour) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace varve::cli
