// Keys and values of the rows about packages, both ways. Decoding is strict: a row that merely
// looks right would be answered and proved as if it were.
#include "core/pulp/rows.h"

#include <algorithm>
#include <array>

#include "core/base/bytes.h"

namespace varve::pulp {
namespace {

std::unexpected<Error> corrupt(std::string what) {
  return fail(Errc::corrupt, About::storage, std::move(what));
}

// Up to the next 00, which is taken too.
Result<Word> take_word(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  if (end == rest.npos) return corrupt("a stored package is too short");
  auto word = Word::parse(rest.substr(0, end));
  if (!word) return corrupt("a stored package has a malformed word");
  rest.remove_prefix(end + 1);
  return word;
}

// What a key ends with: a name and its 00.
std::string_view last_name(std::string_view key, std::size_t prefix_size) {
  VARVE_ASSERT(key.size() > prefix_size + 1 && key.back() == '\0');
  return key.substr(prefix_size, key.size() - prefix_size - 1);
}

// A row's digest says how long it is by its first byte.
Result<Digest> take_digest(std::string_view& rest) {
  constexpr std::size_t kSha256Row = 33;
  VARVE_TRY(const Digest digest, Digest::from_row(rest.substr(0, kSha256Row)));
  rest.remove_prefix(kSha256Row);
  return digest;
}

RowKey name_key(std::string_view name) {
  RowKey key;
  key.name(name);
  return key;
}

}  // namespace

RowKey package_key(const PackageId& id) {
  return name_key(id.text());
}
RowKey nevra_key(const Nevra& nevra) {
  RowKey key;
  key.name(nevra.name.text()).name(nevra.version.text()).name(nevra.release.text());
  key.name(nevra.epoch.text()).name(nevra.arch.text());
  return key;
}
RowKey checksum_key(const Nevra& nevra, const Checksum& checksum) {
  RowKey key = nevra_key(nevra);
  key.name(checksum.type.text()).name(checksum.value.text());
  return key;
}
RowKey file_key(const Digest& file) {
  RowKey key;
  key.digest(file);
  return key;
}
RowKey file_key(const Digest& file, const PackageId& id) {
  RowKey key = file_key(file);
  key.name(id.text());
  return key;
}
RowKey filename_key(const Word& filename) {
  return name_key(filename.text());
}
RowKey filename_key(const Word& filename, const PackageId& id) {
  RowKey key = filename_key(filename);
  key.name(id.text());
  return key;
}
RowKey use_key(const PackageId& id, const RepositoryId& repository) {
  RowKey key = package_key(id);
  key.name(repository.text());
  return key;
}
RowKey repository_key(const RepositoryId& repository) {
  return name_key(repository.text());
}
RowKey member_key(const RepositoryId& repository, const PackageId& id) {
  RowKey key = repository_key(repository);
  key.name(id.text());
  return key;
}

std::string package_value(const PackageRow& row) {
  std::string value;
  const auto add = [&value](const Word& word) { (value += word.text()) += '\0'; };
  const Nevra& n = row.nevra;
  for (const Word* word : {&n.name, &n.version, &n.release, &n.epoch, &n.arch}) add(*word);
  for (const Word* word : {&row.checksum.type, &row.checksum.value, &row.filename}) add(*word);
  value += row.details.row();
  append_be64(value, row.details_size);
  append_be64(value, row.repositories);
  if (row.file) value += row.file->row();
  return value;
}

Result<PackageRow> package_of_value(const PackageId& id, std::string_view value, EntryIndex index) {
  std::string_view rest = value;
  std::vector<Word> words;
  for (int i = 0; i < 8; ++i) {
    VARVE_TRY(auto word, take_word(rest));
    words.push_back(std::move(word));
  }
  VARVE_TRY(const Digest details, take_digest(rest));
  if (rest.size() < 16) return corrupt("a stored package is too short");
  const std::uint64_t size = read_be64(rest);
  const std::uint64_t repositories = read_be64(rest.substr(8));
  rest.remove_prefix(16);
  std::optional<Digest> file;
  if (!rest.empty()) {
    VARVE_TRY(file, take_digest(rest));
  }
  if (!rest.empty()) return corrupt("a stored package is too long");
  return PackageRow{id,
                    {words[0], words[1], words[2], words[3], words[4]},
                    {words[5], words[6]},
                    words[7],
                    details,
                    size,
                    file,
                    repositories,
                    index};
}

std::string repository_value(const RepositoryRow& row) {
  std::string value;
  append_be64(value, row.members);
  value += row.arch;
  value += '\0';
  return value + row.name;
}

Result<RepositoryRow> repository_of(const RepositoryId& id, const Row& row) {
  const std::string_view value = row.value;
  const std::size_t end = value.find('\0', 8);
  if (value.size() < 8 || end == value.npos)
    return corrupt("a stored repository of packages is too short");
  return RepositoryRow{id, std::string(value.substr(end + 1)),
                       std::string(value.substr(8, end - 8)), read_be64(value), row.index};
}

Result<CalledSo> CalledSo::of_value(std::string_view value) {
  CalledSo called;
  if (value.size() != 8 + PackageId::kBytes)
    return corrupt("a row of packages that are called the same has another length");
  called.packages_ = read_be64(value);
  std::ranges::copy(value.substr(8), called.folded_.begin());
  if (called.packages_ == 0)
    return corrupt("a row of packages that are called the same holds none");
  return called;
}

void CalledSo::fold(const PackageId& id) {
  for (std::size_t i = 0; i < PackageId::kBytes; ++i)
    folded_[i] = static_cast<char>(folded_[i] ^ id.text()[i]);
}

void CalledSo::add(const PackageId& id) {
  ++packages_;
  fold(id);
}

void CalledSo::remove(const PackageId& id) {
  VARVE_ASSERT(packages_ > 0);
  --packages_;
  fold(id);
}

Result<PackageId> CalledSo::only() const {
  auto id = PackageId::parse({folded_.data(), folded_.size()});
  if (packages_ != 1 || !id)
    return corrupt("a row of packages that are called the same does not say which one it is");
  return id;
}

std::string CalledSo::value() const {
  std::string value;
  append_be64(value, packages_);
  return value.append(folded_.data(), folded_.size());
}

Result<PackageId> package_in_key(std::string_view key, std::size_t prefix_size) {
  auto id = PackageId::parse(last_name(key, prefix_size));
  if (!id) return corrupt("a row of packages has a malformed key");
  return id;
}

Result<RepositoryId> repository_in_key(std::string_view key, std::size_t prefix_size) {
  auto id = RepositoryId::parse(last_name(key, prefix_size));
  if (!id) return corrupt("a row of repositories has a malformed key");
  return id;
}

}  // namespace varve::pulp
