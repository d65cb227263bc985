// Makes a data directory with a log of N entries, for benches of the real binary.
//
//   fill_store DIR N
#include "bench/rig.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: fill_store DIR N\n");
    return 2;
  }
  varve::bench::Rig rig(argv[1]);
  varve::bench::fill(rig, std::stoull(argv[2]));
  return 0;
}
