// Any frame of an operator: a request that keeps what its type promises, or a refusal that says why.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <variant>

#include "control/api/caller.h"
#include "control/api/reply.h"
#include "control/api/request.h"

namespace {

namespace api = vfleet::control::api;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_json(const std::string& text) {
  return nlohmann::json::accept(text);
}

struct Promises {
  void operator()(const api::Set& set) const {
    require(!set.patch.empty());
    for (const auto& [path, value] : set.patch) require(is_json(value));
  }
  void operator()(const api::Unset& unset) const { require(!unset.paths.empty()); }
  void operator()(const api::Do& action) const {
    for (const auto& [name, value] : action.args) require(is_json(value));
  }
  void operator()(const api::Trigger& trigger) const {
    require(trigger.count > 0 && trigger.channel <= 65'535);
    require(trigger.count == 1 || trigger.every > vfleet::Duration::zero());
    for (const auto& [path, value] : trigger.fields) require(is_json(value));
  }
  void operator()(const api::Scale& scale) const { require(!scale.counts.empty()); }
  void operator()(const api::Watch& watch) const { require(watch.rate > 0); }
  void operator()(const api::Reload& reload) const { require(!reload.file || reload.file->front() == '/'); }
  void operator()(const api::Note& note) const {
    require(note.lines.size() <= api::Note::kLinesMax && !note.source.empty());
  }
  template <class Other>
  void operator()(const Other& /*body*/) const {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const api::Request request = api::decode_request({reinterpret_cast<const char*>(data), size});
  require(request.id.size() <= 128);
  (void)api::only_looks(request.verb);
  if (request.body) {
    require(!request.id.empty() && !request.verb.empty());
    std::visit(Promises(), *request.body);
    return 0;
  }
  require(!request.body.error().detail.empty());
  require(is_json(api::error(request.id, api::usage_failure(request.body.error()))));
  return 0;
}
