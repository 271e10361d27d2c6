// SPDX-License-Identifier: Apache-2.0
// Channels as JSON, readings as compressed columns.
#include "btrack/results/trace_codec.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "btrack/results/json_reader.hpp"

namespace btrack::results {
namespace {

using nlohmann::json;
using power::Channel;
using power::Reading;

constexpr std::size_t kReadingBytes = 4 + 4 + 8 + 8;
// 1 GiB of readings is 12 hours at 1 kHz: more is a damaged frame, not a trace.
constexpr unsigned long long kLargestFrame = 1ULL << 30;

template <class Unsigned>
void put(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    out += static_cast<char>((value >> (8 * i)) & 0xFFU);
  }
}

template <class Unsigned>
Unsigned take(std::string_view bytes, std::size_t index) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[index * sizeof(Unsigned) + i]);
    value |= static_cast<Unsigned>(Unsigned{byte} << (8 * i));
  }
  return value;
}

json optional_text(const std::optional<std::string>& text) { return text ? json(*text) : json(); }

power::Domain domain_from(JsonReader& in) {
  const std::string name = in.text("domain");
  using power::Domain;
  for (const Domain domain :
       {Domain::board, Domain::package, Domain::core, Domain::uncore, Domain::dram, Domain::gpu,
        Domain::module, Domain::node, Domain::machine, Domain::other}) {
    if (power::domain_name(domain) == name) return domain;
  }
  in.complain("domain", "the name of a domain");
  return Domain::other;
}

/// One of two names.
bool is_first(JsonReader& in, const char* key, std::string_view first, std::string_view second) {
  const std::string name = in.text(key);
  if (name != first && name != second) in.complain(key, fmt::format("{} or {}", first, second));
  return name == first;
}

Channel read_channel(JsonReader& in) {
  Channel channel;
  channel.id = in.text("id");
  channel.label = in.text("label");
  channel.domain = domain_from(in);
  channel.kind = is_first(in, "kind", "energy_counter", "power_gauge")
                     ? power::ChannelKind::energy_counter
                     : power::ChannelKind::power_gauge;
  channel.evidence = is_first(in, "evidence", "measured", "estimated") ? power::Evidence::measured
                                                                       : power::Evidence::estimated;
  channel.si_per_count = in.real("si_per_count");
  channel.modulus = in.natural("modulus");
  channel.update_period = Seconds(in.real("update_period_s"));
  channel.power_limit = Watts(in.real("power_limit_w"));
  channel.gain = {in.real("gain_low"), in.real("gain_high")};
  channel.gain_source = in.text("gain_source");
  if (in.present("part_of")) channel.part_of = in.text("part_of");
  if (in.present("duplicate_of")) channel.duplicate_of = in.text("duplicate_of");
  return channel;
}

nlohmann::ordered_json channel_json(const Channel& c) {
  const bool counter = c.kind == power::ChannelKind::energy_counter;
  const bool measured = c.evidence == power::Evidence::measured;
  return {{"id", c.id},
          {"label", c.label},
          {"domain", power::domain_name(c.domain)},
          {"kind", counter ? "energy_counter" : "power_gauge"},
          {"evidence", measured ? "measured" : "estimated"},
          {"si_per_count", json_real(c.si_per_count)},
          {"modulus", c.modulus},
          {"update_period_s", json_real(c.update_period.count())},
          {"power_limit_w", json_real(c.power_limit.value())},
          {"gain_low", json_real(c.gain.low)},
          {"gain_high", json_real(c.gain.high)},
          {"gain_source", c.gain_source},
          {"part_of", optional_text(c.part_of)},
          {"duplicate_of", optional_text(c.duplicate_of)}};
}

Result<std::string> decompress(std::string_view bytes) {
  const auto damaged = [] { return fail(ErrorKind::malformed, "the stored trace is damaged"); };
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size > kLargestFrame || size % kReadingBytes != 0) {
    return damaged();  // also zstd's error codes
  }
  std::string raw(size, '\0');
  const std::size_t got = ZSTD_decompress(raw.data(), raw.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) != 0 || got != size) return damaged();
  return raw;
}

}  // namespace

std::string channels_to_json(std::span<const Channel> channels) {
  auto all = nlohmann::ordered_json::array();
  for (const Channel& channel : channels) all.push_back(channel_json(channel));
  return json_text(all);
}

Result<std::vector<Channel>> channels_from_json(std::string_view text) {
  std::vector<Channel> channels;
  const auto done = decode_objects(text, "channels",
                                   [&](JsonReader& in) { channels.push_back(read_channel(in)); });
  if (!done) return fail(done.error());
  return channels;
}

std::string pack_readings(std::span<const Reading> readings) {
  std::string raw;
  raw.reserve(readings.size() * kReadingBytes);
  for (const Reading& r : readings) put(raw, r.channel);
  for (const Reading& r : readings) put(raw, r.flags);
  std::uint64_t time = 0;
  for (const Reading& r : readings) {
    const auto now = static_cast<std::uint64_t>(to_ns(r.time));
    put(raw, now - std::exchange(time, now));
  }
  std::map<std::uint32_t, std::uint64_t> counts;
  for (const Reading& r : readings) put(raw, r.count - std::exchange(counts[r.channel], r.count));

  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size) != 0) throw std::runtime_error(ZSTD_getErrorName(size));
  packed.resize(size);
  return packed;
}

Result<std::vector<Reading>> unpack_readings(std::string_view bytes) {
  const auto raw = decompress(bytes);
  if (!raw) return fail(raw.error());
  const std::size_t n = raw->size() / kReadingBytes;
  const std::string_view all = *raw;
  const auto channels = all.substr(0, 4 * n);
  const auto flags = all.substr(4 * n, 4 * n);
  const auto times = all.substr(8 * n, 8 * n);
  const auto counts = all.substr(16 * n, 8 * n);
  std::vector<Reading> readings(n);
  std::uint64_t time = 0;
  std::map<std::uint32_t, std::uint64_t> last;
  for (std::size_t i = 0; i < n; ++i) {
    Reading& r = readings[i];
    r.channel = take<std::uint32_t>(channels, i);
    r.flags = take<std::uint32_t>(flags, i);
    time += take<std::uint64_t>(times, i);
    r.time = steady_from_ns(static_cast<std::int64_t>(time));
    r.count = last[r.channel] += take<std::uint64_t>(counts, i);
  }
  return readings;
}

}  // namespace btrack::results
