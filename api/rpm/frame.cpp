// Walking over an RPM's parts with nothing trusted.
#include "api/rpm/frame.h"

#include <array>
#include <string_view>

#include "core/base/bytes.h"

namespace varve::rpm {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kLeadBytes = 96;
constexpr std::string_view kLeadMagic = "\xed\xab\xee\xdb"sv;
constexpr std::string_view kHeaderMagic = "\x8e\xad\xe8\x01\0\0\0\0"sv;
constexpr std::uint64_t kIntroBytes = 16;  // magic and the two counts
constexpr std::uint64_t kEntryBytes = 16;  // tag, type, offset, count
constexpr std::uint16_t kSignatureTypeHeader = 5;
// The types whose items librpm makes pointers of: string, array of strings, one in several
// languages.
constexpr std::uint32_t kTypeStrings[] = {6, 8, 9};

std::unexpected<Error> bad(std::string what) {
  return fail(Errc::invalid, About::body, std::move(what));
}

Result<void> check_lead(const Source& source) {
  std::array<char, kLeadBytes> lead{};
  if (source.size() < kLeadBytes) return bad("the file is too short for an RPM");
  VARVE_CHECK(source.read(0, lead));
  const std::string_view bytes(lead.data(), lead.size());
  if (!bytes.starts_with(kLeadMagic)) return bad("the file is no RPM: it does not begin like one");
  const auto major = static_cast<unsigned char>(bytes[4]);
  if (major != 3 && major != 4)
    return bad("RPM format " + std::to_string(major) + " is unknown, 3 and 4 are known");
  if (read_be16(bytes.substr(78)) != kSignatureTypeHeader)
    return bad("the RPM has no signature header");
  return {};
}

Result<void> check_entries(std::string_view blob, std::size_t entries, const std::string& which) {
  for (std::size_t i = 0; i < entries; ++i) {
    const std::string_view entry = blob.substr(8 + i * kEntryBytes, kEntryBytes);
    const std::uint32_t type = read_be32(entry.substr(4));
    const std::uint32_t count = read_be32(entry.substr(12));
    for (const std::uint32_t strings : kTypeStrings)
      if (type == strings && count > kHeaderStringsMax)
        return fail(Errc::too_large, About::body,
                    which + " of the RPM has a tag of more than " +
                        std::to_string(kHeaderStringsMax) + " texts");
  }
  return {};
}

// The header at `at`, from its counts on.
Result<std::string> read_header(const Source& source, std::uint64_t at, const std::string& which) {
  std::array<char, kIntroBytes> intro{};
  if (at > source.size() || source.size() - at < kIntroBytes)
    return bad("the RPM ends before " + which);
  VARVE_CHECK(source.read(at, intro));
  const std::string_view bytes(intro.data(), intro.size());
  if (!bytes.starts_with(kHeaderMagic)) return bad(which + " of the RPM does not begin like one");
  const std::uint64_t entries = read_be32(bytes.substr(8));
  const std::uint64_t data = read_be32(bytes.substr(12));
  const std::uint64_t size = entries * kEntryBytes + data;  // below 2^37
  if (entries == 0) return bad(which + " of the RPM is empty");
  if (entries > kHeaderEntriesMax || size > kHeaderBytesMax)
    return fail(Errc::too_large, About::body,
                which + " of the RPM is larger than " + std::to_string(kHeaderBytesMax) + " bytes");
  if (size > source.size() - at - kIntroBytes) return bad("the RPM ends within " + which);
  std::string blob(8 + size, '\0');
  VARVE_CHECK(source.read(at + 8, blob));
  VARVE_CHECK(check_entries(blob, entries, which));
  return blob;
}

}  // namespace

Result<Frame> read_frame(const Source& source) {
  VARVE_CHECK(check_lead(source));
  Frame frame;
  frame.size = source.size();
  VARVE_TRY(frame.signature, read_header(source, kLeadBytes, "the signature header"));
  const std::uint64_t end = kLeadBytes + 8 + frame.signature.size();
  frame.header_start = (end + 7) / 8 * 8;
  VARVE_TRY(frame.header, read_header(source, frame.header_start, "the header"));
  frame.header_end = frame.header_start + 8 + frame.header.size();
  return frame;
}

}  // namespace varve::rpm
