#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/session.h"
#include "control/keys/key_folder.h"

namespace vfleet::cli {
namespace {

namespace keys = control::keys;

Outcome<ExitStatus> wrong(const Error& error) {
  const bool usage = error.code == Errc::invalid_argument || error.code == Errc::rejected;
  return give_up(usage ? ExitStatus::usage : ExitStatus::failed, "keys", error.detail);
}

std::string next_step(const keys::MadeKey& made, const std::string& folder) {
  if (made.key.role == bus::Role::server) {
    return fmt::format("next: vfleet keygen {} NAME --role worker|operator|viewer, for each client", folder);
  }
  if (made.allowed_file.empty()) {
    return fmt::format(
        "next: send {} to who runs control, to admit it: vfleet keygen THEIR_KEYS {} --role {} --public "
        "{}.pub",
        made.public_file, made.key.name, bus::to_string(made.key.role), made.key.name);
  }
  if (made.secret_file.empty()) return "it is admitted; a control that runs has taken note";
  return fmt::format("next: give {} to its holder (it is a secret) and use it with --keys {}.key",
                     made.secret_file, made.key.name);
}

Outcome<ExitStatus> report(Session& session, const keys::MadeKey& made, const std::string& folder) {
  const std::string mark = bus::fingerprint(made.key.keys.public_key);
  session.out().document({{"status", 0},
                          {"name", made.key.name},
                          {"role", bus::to_string(made.key.role)},
                          {"fingerprint", mark},
                          {"secret_file", made.secret_file},
                          {"public_file", made.public_file},
                          {"allowed_file", made.allowed_file}});
  std::string text =
      fmt::format("{} key '{}', fingerprint {}\n", bus::to_string(made.key.role), made.key.name, mark);
  if (!made.secret_file.empty()) text += fmt::format("  secret   {}\n", made.secret_file);
  text += fmt::format("  public   {}\n", made.public_file);
  if (!made.allowed_file.empty()) text += fmt::format("  admitted {}\n", made.allowed_file);
  session.out().text(text + next_step(made, folder));
  return ExitStatus::done;
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const std::string folder = invocation.text_or("DIR", "");
  const auto name = invocation.text("NAME");
  const auto role_word = invocation.text("role");
  if (invocation.has("server")) {
    if (name || role_word) return wrong_usage("--server makes control's own key: without NAME and --role");
    const auto made = keys::make_server_key(folder);
    return made ? report(session, *made, folder) : wrong(made.error());
  }
  if (!name || !role_word) {
    return wrong_usage("keygen needs NAME and --role, or --server",
                       fmt::format("vfleet keygen {} alice --role operator", folder));
  }
  keys::AllowedKey wanted;
  wanted.name = *name;
  const auto role = bus::role_from(*role_word);
  if (!role) return wrong(role.error());
  wanted.role = *role;
  if (const auto shards = invocation.text("shards")) {
    auto parsed = keys::parse_shards(*shards);
    if (!parsed) return wrong(parsed.error());
    wanted.shards = std::move(*parsed);
  }
  const auto file = invocation.text("public");
  const auto made =
      file ? keys::admit_public_key(folder, *file, wanted) : keys::make_client_key(folder, wanted);
  return made ? report(session, *made, folder) : wrong(made.error());
}

}  // namespace

CommandSpec keygen_command() {
  return {
      .name = "keygen",
      .group = "Other",
      .summary = "Make keys for tcp:// connections and admit them",
      .details =
          "DIR/server.key is control's own key, DIR/allowed.yaml says whom it admits, DIR/NAME.key is a\n"
          "client's: give it to its holder only. A secret stays in its file (mode 0600): it is never "
          "printed.\n"
          "In a folder that holds server.pub but not server.key the key is made and not admitted: send "
          "NAME.pub\n"
          "to who runs control. Taking a line out of allowed.yaml closes that key's connections at once.\n"
          "Roles: worker hosts devices; operator may do everything; viewer may only look.",
      .positionals = {{"DIR", "The folder of keys; made when it is not there", true, false},
                      {"NAME", "Who or what holds the key: alice, host-b", false, false}},
      .options =
          {{"server", Takes::nothing, "", "Make control's own key", {}, 0},
           {"role", Takes::choice, "ROLE", "What the holder may do", {"worker", "operator", "viewer"}, 0},
           {"shards", Takes::text, "LIST", "Only these shards (role worker), like 0-3 or 2,5", {}, 0},
           {"public", Takes::file, "FILE", "Admit this public key, made elsewhere", {}, 0}},
      .examples = {{"vfleet keygen keys --server", "control's key and an empty list of admitted keys"},
                   {"vfleet keygen keys host-b --role worker --shards 2-3",
                    "a key for the workers of a host"},
                   {"vfleet keygen keys bob --role viewer --public bob.pub", "admit a key that bob made"}},
      .run = run};
}

}  // namespace vfleet::cli
