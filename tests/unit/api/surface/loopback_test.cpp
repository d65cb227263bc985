// Which names are this machine's.
#include "api/surface/loopback.h"

#include <gtest/gtest.h>

namespace varve::surface {
namespace {

using namespace std::string_view_literals;

TEST(LoopbackName, IsAnAddressOfLoopbackOrLocalhostAtAnyPort) {
  for (const auto name : {"127.0.0.1"sv, "127.0.0.1:5000"sv, "127.8.9.10:1"sv, "[::1]"sv,
                          "[::1]:5000"sv, "localhost"sv, "LocalHost:5000"sv, "localhost:"sv})
    EXPECT_TRUE(names_loopback(name)) << name;
}

TEST(LoopbackName, IsNothingThatBeginsLikeOneOrAnybodyCouldRegister) {
  for (const auto name :
       {""sv, "evil.example"sv, "127.0.0.1.evil.example"sv, "127.evil.example:80"sv,
        "localhost.evil.example"sv, "localhost@evil.example"sv, "127.0.0.1:80@evil.example"sv,
        "::1"sv, "[::1].evil.example"sv, "[::2]:5000"sv, "128.0.0.1"sv, "10.0.0.1"sv, "0.0.0.0"sv,
        "127.1"sv, "127.0.0.1\0.evil"sv, "null"sv})
    EXPECT_FALSE(names_loopback(name)) << name;
}

}  // namespace
}  // namespace varve::surface
