// varve rpm, as it is typed. The thread of main() only.
#include "api/cli/grammar_rpm.h"

#include "api/cli/rpm_push.h"

namespace varve::cli {
namespace {

class Rpm final : GrammarPart {
 public:
  using GrammarPart::GrammarPart;

  void add() {
    CLI::App* rpm = group(app_, "rpm",
                          "Examples:\n"
                          "  varve rpm push tool-1.0-1.x86_64.rpm --repo stable\n"
                          "\nRPM packages and the repositories that dnf reads.\n");
    add_push(*rpm);
  }

 private:
  void add_push(CLI::App& rpm) {
    auto& options = keep<RpmPushOptions>();
    CLI::App* sub = request(
        rpm, "push",
        "Examples:\n"
        "  varve rpm push tool-1.0-1.x86_64.rpm --repo stable\n"
        "  varve rpm push dist/*.rpm --repo testing --create --key author.key\n"
        "\nPut RPMs into a repository. What an RPM says of itself is checked first, and all\n"
        "that is said of the package is read from it. With --key the author signs the file:\n"
        "the entry carries it, and `varve verify --require-author` checks it. What is there\n"
        "already is not sent again.\n",
        options, run_rpm_push);
    sub->add_option("files", options.files, "RPM files")->required()->type_name("FILE");
    sub->add_option("--repo", options.repository, "the repository")->required()->type_name("NAME");
    sub->add_flag("--create", options.create, "make the repository when it is not there");
    sub->add_option("--key", options.key, "the author's private key")->type_name("FILE");
  }
};

}  // namespace

void add_rpm_commands(CLI::App& app, const GrammarTools& tools) {
  Rpm(app, tools).add();
}

}  // namespace varve::cli
