// varve config: what a server started like this would use, and why.
#include "api/cli/commands.h"
#include "api/cli/json_out.h"

namespace varve::cli {
namespace {

void explain_field(const ConfigSetting& setting, Console& console) {
  const ConfigField& field = *setting.field;
  const std::string form = field.is_switch() ? "" : " " + std::string(field.form);
  console.out() << field.name << " = " << (setting.value.empty() ? "(unset)" : clean(setting.value))
                << "   [" << clean(setting.source) << "]\n"
                << "    flag " << field.flag() << form << "   variable " << field.variable()
                << "   TOML key " << field.name << "   default "
                << (field.default_value.empty() ? "(unset)" : field.default_value) << "\n    "
                << field.reason << "\n";
}

std::string field_json(const ConfigSetting& setting) {
  const ConfigField& field = *setting.field;
  return JsonObject()
      .text("name", field.name)
      .text("value", setting.value)
      .text("source", setting.source)
      .text("default", field.default_value)
      .text("flag", field.flag())
      .text("variable", field.variable())
      .text("toml", field.name)
      .text("reason", field.reason)
      .str();
}

}  // namespace

Outcome<ExitCode> run_config(const ConfigInputs& inputs, bool explain, Console& console) {
  VARVE_CLI_TRY(const auto loaded, doing("the configuration cannot be used", load_config(inputs),
                                         "`varve config --explain` without it lists every field"));
  if (console.json()) {
    JsonArray fields;
    for (const ConfigSetting& setting : loaded.settings) fields.raw(field_json(setting));
    console.out()
        << JsonObject().text("schema", "varve.config/v1").raw("fields", fields.str()).str() << '\n';
    return ExitCode::ok;
  }
  for (const ConfigSetting& setting : loaded.settings) {
    if (explain)
      explain_field(setting, console);
    else
      console.out() << setting.field->name << " = " << clean(setting.value) << "   ["
                    << clean(setting.source) << "]\n";
  }
  return ExitCode::ok;
}

}  // namespace varve::cli
