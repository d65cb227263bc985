// Any bytes as what a client sends over one connection, in two pieces; the first byte says where
// they part. What comes back is a run of whole answers, and the session ends when the client does.
#include "tests/fuzz/fuzz.h"
#include "tests/unit/api/http/memory_server.h"

namespace {

using namespace varve::http::test;

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = varve::fuzz::text_of(data, size);
  if (input.empty()) return 0;
  const auto bytes = input.substr(1);
  const std::size_t split = bytes.size() * static_cast<std::uint8_t>(input.front()) / 256;
  // No request begins with the byte that a TLS handshake begins with.
  const bool tls = bytes.starts_with('\x16');
  MemoryServer server(surfaces(), {}, varve::http::process_memory(),
                      tls ? Transport::tls_raw : Transport::plain);
  server.services().file = std::make_shared<MemoryFile>("file");
  server.send(bytes.substr(0, split));
  server.send(bytes.substr(split));
  const std::string answers = server.take();
  VARVE_ASSERT(tls || answers.empty() || !parse_answers(answers).empty());
  server.hang_up();
  VARVE_ASSERT(server.ended());
  return 0;
}
