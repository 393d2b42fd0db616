#include "simulator/codec/mqtt/properties.h"

#include <array>

#include "simulator/codec/mqtt/bytes.h"

namespace vfleet::codec::mqtt {
namespace {

enum class Form : std::uint8_t { none, byte, two, four, variable, text, binary, pair };

constexpr std::uint32_t in(PacketType type) {
  return 1U << static_cast<unsigned>(type);
}
constexpr std::uint32_t kWill = 1U << kWillProperties;
constexpr std::uint32_t kConnect = in(PacketType::connect);
constexpr std::uint32_t kConnack = in(PacketType::connack);
constexpr std::uint32_t kPublish = in(PacketType::publish);
constexpr std::uint32_t kSubscribe = in(PacketType::subscribe);
constexpr std::uint32_t kDisconnect = in(PacketType::disconnect);
constexpr std::uint32_t kAuth = in(PacketType::auth);
constexpr std::uint32_t kAnswers = in(PacketType::puback) | in(PacketType::pubrec) | in(PacketType::pubrel) |
                                   in(PacketType::pubcomp) | in(PacketType::suback) |
                                   in(PacketType::unsuback);
constexpr std::uint32_t kEverywhere = ~0U;

/// What §2.2.2.2 and the sections of the packets say of a property.
struct Rule {
  Form form = Form::none;
  std::uint32_t where = 0;  // packet types, a bit each
  std::uint32_t minimum = 0;
  std::uint32_t maximum = ~0U;
};

constexpr std::size_t kRules = 43;

constexpr std::array<Rule, kRules> make_rules() {
  std::array<Rule, kRules> rules{};
  const auto set = [&](PropertyId id, Rule rule) { rules[static_cast<std::size_t>(id)] = rule; };
  using enum PropertyId;
  set(payload_format_indicator, {Form::byte, kPublish | kWill, 0, 1});
  set(message_expiry_interval, {Form::four, kPublish | kWill});
  set(content_type, {Form::text, kPublish | kWill});
  set(response_topic, {Form::text, kPublish | kWill});
  set(correlation_data, {Form::binary, kPublish | kWill});
  set(subscription_identifier, {Form::variable, kPublish | kSubscribe, 1});
  set(session_expiry_interval, {Form::four, kConnect | kConnack | kDisconnect});
  set(assigned_client_identifier, {Form::text, kConnack});
  set(server_keep_alive, {Form::two, kConnack});
  set(authentication_method, {Form::text, kConnect | kConnack | kAuth});
  set(authentication_data, {Form::binary, kConnect | kConnack | kAuth});
  set(request_problem_information, {Form::byte, kConnect, 0, 1});
  set(will_delay_interval, {Form::four, kWill});
  set(request_response_information, {Form::byte, kConnect, 0, 1});
  set(response_information, {Form::text, kConnack});
  set(server_reference, {Form::text, kConnack | kDisconnect});
  set(reason_string, {Form::text, kConnack | kAnswers | kDisconnect | kAuth});
  set(receive_maximum, {Form::two, kConnect | kConnack, 1});
  set(topic_alias_maximum, {Form::two, kConnect | kConnack});
  set(topic_alias, {Form::two, kPublish, 1});
  set(maximum_qos, {Form::byte, kConnack, 0, 1});
  set(retain_available, {Form::byte, kConnack, 0, 1});
  set(user_property, {Form::pair, kEverywhere});
  set(maximum_packet_size, {Form::four, kConnect | kConnack, 1});
  set(wildcard_subscription_available, {Form::byte, kConnack, 0, 1});
  set(subscription_identifier_available, {Form::byte, kConnack, 0, 1});
  set(shared_subscription_available, {Form::byte, kConnack, 0, 1});
  return rules;
}

constexpr std::array<Rule, kRules> kRule = make_rules();

/// Reads one property; its form is none when there is no such id.
Form read(ByteReader& reader, Property& out) {
  const std::uint32_t id = reader.variable();
  const Form form = id < kRules ? kRule[id].form : Form::none;
  out.id = static_cast<PropertyId>(id);
  switch (form) {
    case Form::none:
      reader.fail();
      break;
    case Form::byte:
      out.number = reader.byte();
      break;
    case Form::two:
      out.number = reader.two();
      break;
    case Form::four:
      out.number = reader.four();
      break;
    case Form::variable:
      out.number = reader.variable();
      break;
    case Form::text:
      out.text = reader.text();
      break;
    case Form::binary:
      out.text = reader.binary();
      break;
    case Form::pair:
      out.text = reader.text();
      out.value = reader.text();
      break;
  }
  return form;
}

}  // namespace

std::optional<Property> Properties::next(Properties& rest) {
  if (rest.empty()) return std::nullopt;
  ByteReader reader(rest.bytes_);
  Property out;
  read(reader, out);
  rest.bytes_ = reader.rest();
  if (!reader.ok()) return std::nullopt;
  return out;
}

std::optional<std::uint32_t> Properties::number(PropertyId id) const {
  Properties rest = *this;
  while (const auto each = next(rest)) {
    if (each->id == id) return each->number;
  }
  return std::nullopt;
}

std::optional<std::string_view> Properties::text(PropertyId id) const {
  Properties rest = *this;
  while (const auto each = next(rest)) {
    if (each->id == id) return each->text;
  }
  return std::nullopt;
}

std::optional<std::string_view> Properties::user(std::string_view name) const {
  Properties rest = *this;
  while (const auto each = next(rest)) {
    if (each->id == PropertyId::user_property && each->text == name) return each->value;
  }
  return std::nullopt;
}

ReasonCode check_properties(std::string_view bytes, unsigned type) {
  ByteReader reader(bytes);
  std::uint64_t seen = 0;
  bool permitted = true;
  while (!reader.empty()) {
    Property each;
    read(reader, each);
    if (!reader.ok()) return ReasonCode::malformed_packet;
    const auto id = static_cast<std::size_t>(each.id);
    const Rule& rule = kRule[id];
    const bool may_repeat =
        each.id == PropertyId::user_property || (each.id == PropertyId::subscription_identifier &&
                                                 type == static_cast<unsigned>(PacketType::publish));
    const bool repeated = (seen >> id & 1) != 0 && !may_repeat;
    const bool has_number = rule.form != Form::text && rule.form != Form::binary && rule.form != Form::pair;
    const bool in_range = !has_number || (each.number >= rule.minimum && each.number <= rule.maximum);
    if ((rule.where >> type & 1) == 0 || repeated || !in_range) permitted = false;
    seen |= std::uint64_t{1} << id;
  }
  const auto had = [&](PropertyId id) { return (seen >> static_cast<unsigned>(id) & 1) != 0; };
  // §3.1.2.11.10: data for a method that was not named.
  if (had(PropertyId::authentication_data) && !had(PropertyId::authentication_method)) permitted = false;
  return permitted ? ReasonCode::success : ReasonCode::protocol_error;
}

bool is_property_text(std::string_view text) {
  return text.size() <= kTextMax && is_text(text);
}

PropertyWriter& PropertyWriter::number(PropertyId id, std::uint32_t value) {
  put_variable(out_, static_cast<std::uint32_t>(id));
  switch (kRule[static_cast<std::size_t>(id)].form) {
    case Form::byte:
      put_byte(out_, static_cast<std::uint8_t>(value));
      break;
    case Form::two:
      put_two(out_, static_cast<std::uint16_t>(value));
      break;
    case Form::four:
      put_four(out_, value);
      break;
    case Form::variable:
      put_variable(out_, value);
      break;
    case Form::none:
    case Form::text:
    case Form::binary:
    case Form::pair:
      break;
  }
  return *this;
}

PropertyWriter& PropertyWriter::text(PropertyId id, std::string_view value) {
  put_variable(out_, static_cast<std::uint32_t>(id));
  put_text(out_, value);
  return *this;
}

PropertyWriter& PropertyWriter::user(std::string_view name, std::string_view value) {
  text(PropertyId::user_property, name);
  put_text(out_, value);
  return *this;
}

}  // namespace vfleet::codec::mqtt
