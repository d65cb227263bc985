// The order of checks: bounds, librpm's own, what is stated about the bytes, what the tags say.
#include "api/rpm/read_rpm.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "api/rpm/digests.h"
#include "api/rpm/frame.h"
#include "api/rpm/header.h"

namespace varve::rpm {
namespace {

std::unexpected<Error> unreadable(const std::string& path) {
  const Errc code = errno == ENOENT || errno == ENOTDIR ? Errc::not_found : Errc::unavailable;
  return fail(code, About::storage,
              "the RPM cannot be opened: " + std::generic_category().message(errno), path);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Result<Package> read_rpm(const Source& source) {
  VARVE_TRY(const Frame frame, read_frame(source));
  VARVE_TRY(const Header signature, Header::import(frame.signature));
  VARVE_TRY(const Header header, Header::import(frame.header));
  VARVE_TRY(Digest digest, check_bytes(source, frame, read_stated(signature, header)));
  VARVE_TRY(Nevra nevra, read_nevra(header));
  VARVE_TRY(pulp::Details details, read_details(frame, signature, header));
  VARVE_TRY(std::string body, pulp::encode_details(details));
  return Package{std::move(nevra), digest, frame.size, std::move(details), std::move(body)};
}

Result<Package> read_rpm(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return unreadable({});
  if (!S_ISREG(status.st_mode)) return fail(Errc::invalid, About::body, "an RPM is a regular file");
  return read_rpm(FileSource(fd, static_cast<std::uint64_t>(status.st_size)));
}

Result<Package> read_rpm(const std::filesystem::path& path) {
  // Not to wait for a writer, should somebody name a pipe.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return unreadable(path.string());
  return read_rpm(file.get());
}

}  // namespace varve::rpm
