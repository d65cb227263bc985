// The numbers scripts depend on.
#include "api/cli/exit_code.h"

#include <gtest/gtest.h>

#include <set>

namespace varve::cli {
namespace {

constexpr int kErrcs = static_cast<int>(Errc::internal) + 1;
constexpr int kAbouts = static_cast<int>(About::storage) + 1;

TEST(ExitCodes, AreTheDocumentedNumbers) {
  std::set<int> codes;
  for (const auto& meaning : exit_code_meanings()) codes.insert(static_cast<int>(meaning.code));
  EXPECT_EQ(codes, (std::set<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130}));
}

TEST(ExitCodes, NoErrorEverBecomesSuccess) {
  for (int code = 0; code < kErrcs; ++code)
    for (int about = 0; about < kAbouts; ++about)
      EXPECT_NE(exit_code_of(Error(static_cast<Errc>(code), static_cast<About>(about), "x")),
                ExitCode::ok);
}

TEST(ExitCodes, MapErrorsByWhatTheyMeanForTheCaller) {
  const struct {
    Errc code;
    About about;
    ExitCode expected;
  } kCases[] = {
      {Errc::invalid, About::request, ExitCode::usage},
      {Errc::invalid, About::name, ExitCode::usage},
      {Errc::invalid, About::key, ExitCode::usage},
      {Errc::unsupported, About::request, ExitCode::usage},
      {Errc::invalid, About::signature, ExitCode::proven_false},
      {Errc::invalid, About::proof, ExitCode::proven_false},
      {Errc::unsupported, About::checkpoint, ExitCode::proven_false},
      {Errc::unsupported, About::entry, ExitCode::cannot_tell},
      {Errc::unsupported, About::storage, ExitCode::cannot_tell},
      {Errc::corrupt, About::entry, ExitCode::proven_false},
      {Errc::not_found, About::entry, ExitCode::absent},
      {Errc::gone, About::blob, ExitCode::absent},
      {Errc::unavailable, About::request, ExitCode::cannot_tell},
      {Errc::unavailable, About::checkpoint, ExitCode::cannot_tell},
      {Errc::overloaded, About::request, ExitCode::cannot_tell},
      {Errc::unknown, About::storage, ExitCode::cannot_tell},
      {Errc::conflict, About::checkpoint, ExitCode::equivocation},
      {Errc::conflict, About::storage, ExitCode::conflict},
      {Errc::locked, About::tag, ExitCode::policy},
      {Errc::unauthorized, About::request, ExitCode::authentication},
      {Errc::denied, About::request, ExitCode::authentication},
      {Errc::internal, About::request, ExitCode::internal},
  };
  for (const auto& c : kCases)
    EXPECT_EQ(exit_code_of(Error(c.code, c.about, "x")), c.expected)
        << static_cast<int>(c.code) << " about " << static_cast<int>(c.about);
}

}  // namespace
}  // namespace varve::cli
