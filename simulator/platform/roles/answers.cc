#include "simulator/platform/roles/answers.h"

namespace vfleet::platform {

using Then = stream::Taken::Then;

bool spoil(const Mischief& mischief, const MisbehaviourSettings& settings, std::string_view garbage,
           std::size_t begin, std::string& out, stream::Taken& taken) {
  taken.delay = mischief.delay;
  switch (mischief.kind) {
    case Mischief::Kind::none:
      return false;
    case Mischief::Kind::refuse:
      out.resize(begin);
      taken.then = Then::cut;
      return true;
    case Mischief::Kind::cut:
      out.resize(begin + settings.cut_part(std::string_view(out).substr(begin)).size());
      taken.then = Then::cut;
      return true;
    case Mischief::Kind::garbage:
      out.resize(begin);
      out += garbage;
      return true;
  }
  return false;
}

}  // namespace vfleet::platform
