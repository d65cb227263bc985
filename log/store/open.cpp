// The choice of the engine. Any thread.
#include "log/store/open.h"

#include "log/store/rocks_store.h"

namespace varve {

Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& path, StoreUse use) {
  RocksOptions options;
  options.read_only = use == StoreUse::read;
  options.create_if_missing = use == StoreUse::create || use == StoreUse::fill;
  options.bulk = use == StoreUse::fill;
  return open_rocks_store(path, options);
}

}  // namespace varve
