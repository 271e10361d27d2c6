// SPDX-License-Identifier: Apache-2.0
// Reads IDX arrays, checking sizes before memory is taken.
#include "btrack/models/readers/idx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "btrack/models/readers/gzip_file.hpp"

namespace btrack::models {
namespace {

constexpr std::size_t kChunk = 1U << 20;

std::uint32_t big_endian(const std::byte* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return value;
}

std::optional<IdxType> known_type(std::byte code) {
  const auto type = static_cast<IdxType>(code);
  return idx_type_size(type) > 0 ? std::optional(type) : std::nullopt;
}

void to_host_order(std::vector<std::byte>& bytes, std::size_t width) {
  if (width == 1 || std::endian::native == std::endian::big) return;
  for (auto at = bytes.begin(); at != bytes.end(); at += static_cast<std::ptrdiff_t>(width)) {
    std::reverse(at, at + static_cast<std::ptrdiff_t>(width));
  }
}

/// Type and shape; fails before anything large is allocated.
Result<IdxArray> read_header(GzipFile& file, std::int64_t limit) {
  std::array<std::byte, 4> magic{};
  const auto got = file.read_up_to(magic.data(), magic.size());
  if (!got) return fail(got.error());
  const auto type = known_type(magic[2]);
  if (*got < magic.size() || magic[0] != std::byte{0} || magic[1] != std::byte{0} || !type) {
    return file.malformed(
        "not an IDX file: the first bytes must be 0, 0, an element type "
        "(08, 09, 0B, 0C, 0D, 0E) and the number of dimensions");
  }
  const auto rank = std::to_integer<std::size_t>(magic[3]);
  std::vector<std::byte> sizes(4 * rank);
  const auto header = file.read_up_to(sizes.data(), sizes.size());
  if (!header) return fail(header.error());
  if (rank == 0 || *header < sizes.size()) {
    return file.malformed(fmt::format("truncated within the sizes of its {} dimensions", rank));
  }
  IdxArray array{.type = *type};
  auto total = static_cast<std::int64_t>(idx_type_size(*type));
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t size = big_endian(&sizes[4 * d]);
    if (size != 0 && total > limit / size) {
      return file.malformed(fmt::format("its header asks for more than {} bytes", limit));
    }
    total *= size;
    array.shape.push_back(size);
  }
  return array;
}

/// The elements, grown as they arrive, so that a lying header cannot claim memory the file lacks.
Result<void> read_elements(GzipFile& file, IdxArray& array) {
  const std::size_t width = idx_type_size(array.type);
  const auto expected = static_cast<std::size_t>(array.count()) * width;
  while (array.bytes.size() < expected) {
    const std::size_t have = array.bytes.size();
    const std::size_t part = std::min(std::max(kChunk, have), expected - have);
    array.bytes.resize(have + part);
    const auto got = file.read_up_to(array.bytes.data() + have, part);
    if (!got) return fail(got.error());
    if (*got < part) {
      return file.malformed(fmt::format("truncated: {} bytes of elements where its header says {}",
                                        have + *got, expected));
    }
  }
  std::byte extra{};
  const auto beyond = file.read_up_to(&extra, 1);
  if (!beyond) return fail(beyond.error());
  if (*beyond != 0) {
    return file.malformed(fmt::format("bytes follow the {} that its header says", expected));
  }
  to_host_order(array.bytes, width);
  return {};
}

}  // namespace

std::size_t idx_type_size(IdxType type) {
  switch (type) {
    case IdxType::u8:
    case IdxType::i8:
      return 1;
    case IdxType::i16:
      return 2;
    case IdxType::i32:
    case IdxType::f32:
      return 4;
    case IdxType::f64:
      return 8;
  }
  return 0;
}

std::int64_t IdxArray::count() const {
  std::int64_t total = 1;
  for (const auto size : shape) total *= size;
  return total;
}

Result<IdxArray> read_idx(const std::filesystem::path& path, std::int64_t limit_bytes) {
  auto file = GzipFile::open(path);
  if (!file) return fail(file.error());
  auto array = read_header(*file, limit_bytes);
  if (!array) return array;
  if (auto read = read_elements(*file, *array); !read) return fail(read.error());
  return array;
}

}  // namespace btrack::models
