// SPDX-License-Identifier: Apache-2.0
// Packets of btrackd, made and read.
#include "btrack/power/daemon_protocol.hpp"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "btrack/power/trace_json.hpp"

namespace btrack::power {
namespace {

using Json = nlohmann::ordered_json;
static_assert(std::is_trivially_copyable_v<Reading>);

constexpr char kChannels = 'c';
constexpr char kReadings = 'r';
constexpr char kError = 'e';

tl::unexpected<Error> no_answer(std::string_view packet) {
  if (!packet.empty() && packet.front() == kError) {
    return fail(ErrorKind::io, fmt::format("btrackd says: {}", packet.substr(1)));
  }
  return fail(ErrorKind::malformed, "what answers at btrackd's socket is not btrackd");
}

}  // namespace

std::string channels_answer(std::span<const Channel> channels) {
  Json answer{{"format", "btrackd"}, {"version", kDaemonProtocol}};
  answer["channels"] = Json::parse(channels_to_json(channels));
  return kChannels + answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void put_readings_answer(std::span<const Reading> readings, std::string& out) {
  out.resize(1 + readings.size_bytes());
  out.front() = kReadings;
  std::memcpy(out.data() + 1, readings.data(), readings.size_bytes());
}

std::string error_answer(std::string_view sentence) {
  return fmt::format("{}{}", kError, sentence);
}

Result<std::vector<Channel>> channels_from_answer(std::string_view packet) {
  if (packet.empty() || packet.front() != kChannels) return no_answer(packet);
  const Json answer = Json::parse(packet.substr(1), nullptr, false);
  if (!answer.is_object() || answer.value("format", Json()) != "btrackd" ||
      !answer.contains("channels")) {
    return no_answer({});
  }
  if (answer.value("version", Json()) != kDaemonProtocol) {
    return fail(ErrorKind::unsupported, "btrackd is of another version than this btrack",
                "install both from the same release");
  }
  return channels_from_json(answer["channels"].dump());
}

Result<void> readings_from_answer(std::string_view packet, std::span<Reading> out) {
  if (packet.size() != 1 + out.size_bytes() || packet.front() != kReadings) {
    return no_answer(packet);
  }
  std::memcpy(out.data(), packet.data() + 1, out.size_bytes());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i].channel != i) return no_answer({});
  }
  return {};
}

}  // namespace btrack::power
