// SPDX-License-Identifier: Apache-2.0
// Token files, told apart by their first number.
#include "btrack/models/readers/tokens.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "btrack/core/file.hpp"
#include "btrack/models/readers/gzip_file.hpp"

namespace btrack::models {
namespace {

constexpr std::size_t kHeaderBytes = 256 * 4;
constexpr std::uint32_t kMagic16 = 20240520;
constexpr std::uint32_t kMagic32 = 20240801;

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << 8 * i;
  }
  return value;
}

struct Format {
  std::size_t width = 2;
  std::size_t begin = 0;
  std::optional<std::uint32_t> count;
  std::uint32_t version = 0;
  std::uint32_t wanted_version = 0;
};

Format format_of(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return {};
  const std::uint32_t magic = number(bytes, 0, 4);
  if (magic != kMagic16 && magic != kMagic32) return {};
  return {magic == kMagic16 ? 2UL : 4UL, kHeaderBytes, number(bytes, 8, 4), number(bytes, 4, 4),
          magic == kMagic16 ? 1U : 7U};
}

/// Why the file is not what it says, or nothing.
std::optional<std::string> wrong(const Format& format, std::size_t size) {
  if (format.version != format.wanted_version) {
    return fmt::format("version {} of llm.c's token file is not known, only {}", format.version,
                       format.wanted_version);
  }
  const std::size_t bytes = size - format.begin;
  if (bytes == 0 || bytes % format.width != 0) {
    return fmt::format("{} bytes are not a whole number of {}-byte tokens", bytes, format.width);
  }
  if (format.count && *format.count != bytes / format.width) {
    return fmt::format("it holds {} tokens where its header says {}", bytes / format.width,
                       *format.count);
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<std::int32_t>> read_tokens(const std::filesystem::path& file,
                                              std::int64_t vocabulary) {
  const auto bytes = read_file(file);
  if (!bytes) return fail(bytes.error());
  const auto malformed = [&](const std::string& what) {
    return fail(ErrorKind::malformed, fmt::format("{}: {}", file.string(), what), kReadAgain);
  };
  const Format format = format_of(*bytes);
  if (const auto why = wrong(format, bytes->size())) return malformed(*why);
  std::vector<std::int32_t> tokens;
  tokens.reserve((bytes->size() - format.begin) / format.width);
  for (std::size_t at = format.begin; at < bytes->size(); at += format.width) {
    const std::uint32_t token = number(*bytes, at, format.width);
    if (token >= static_cast<std::uint64_t>(vocabulary)) {
      return malformed(fmt::format("token {} of position {} is outside the model's 0..{}", token,
                                   tokens.size(), vocabulary - 1));
    }
    tokens.push_back(static_cast<std::int32_t>(token));
  }
  return tokens;
}

}  // namespace btrack::models
