// SPDX-License-Identifier: Apache-2.0
// Readings as compressed columns.
#include "btrack/results/trace_codec.hpp"

#include <zstd.h>

#include <array>
#include <map>
#include <stdexcept>
#include <utility>

namespace btrack::results {
namespace {

using power::Reading;

constexpr std::size_t kReadingBytes = 4 + 4 + 8 + 8;
// 1 GiB of readings is 12 hours at 1 kHz: more is a damaged frame, not a trace.
constexpr unsigned long long kLargestFrame = 1ULL << 30;
// A block holds at most 128 KiB and takes at least 4 bytes (RFC 8878, 3.1.1.2): a frame that claims
// more has not got it, and is refused before the memory is taken.
constexpr unsigned long long kLargestBlock = 128ULL << 10;
constexpr unsigned long long kSmallestBlock = 4;

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

Result<std::string> decompress(std::string_view bytes) {
  const auto damaged = [] { return fail(ErrorKind::malformed, "the stored trace is damaged"); };
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size > kLargestFrame || size % kReadingBytes != 0 ||
      size / kLargestBlock > bytes.size() / kSmallestBlock) {
    return damaged();  // also zstd's error codes
  }
  std::string raw(size, '\0');
  const std::size_t got = ZSTD_decompress(raw.data(), raw.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) != 0 || got != size) return damaged();
  return raw;
}

}  // namespace

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
