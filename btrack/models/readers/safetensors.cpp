// SPDX-License-Identifier: Apache-2.0
// Safetensors files. Every number of a header is checked before it is used.
#include "btrack/models/readers/safetensors.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "btrack/core/file.hpp"

namespace btrack::models {
namespace {

using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "values are used as the file has them");

constexpr std::uint64_t kLengthBytes = 8;
/// The limit of the format's own library ("HeaderTooLarge").
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;
constexpr std::uint64_t kAlignment = 8;  // where the values begin, as that library writes files
constexpr std::string_view kMetadata = "__metadata__";

struct Dtype {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr Dtype kDtypes[] = {{"F64", 8}, {"F32", 4}, {"F16", 2},  {"BF16", 2},    {"I64", 8},
                             {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U64", 8},     {"U32", 4},
                             {"U16", 2}, {"U8", 1},  {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}};

tl::unexpected<Error> wrong(std::string what) {
  return fail(ErrorKind::malformed, std::move(what));
}

/// A whole number from 0 to what std::int64_t holds.
std::optional<std::uint64_t> natural(const Json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  const auto number = value.get<std::uint64_t>();
  if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
  return number;
}

std::optional<std::vector<std::uint64_t>> naturals(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return std::nullopt;
  std::vector<std::uint64_t> numbers;
  for (const auto& item : *found) {
    const auto number = natural(item);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

/// Bytes of a tensor, nothing where they are more than 64 bits count.
std::optional<std::uint64_t> bytes_of(std::span<const std::uint64_t> shape, std::uint64_t each) {
  std::uint64_t total = each;
  for (const std::uint64_t size : shape) {
    if (__builtin_mul_overflow(total, size, &total)) return std::nullopt;
  }
  return total;
}

Result<StoredTensor> tensor_from(const std::string& name, const Json& entry) {
  const auto refuse = [&](std::string_view what) {
    return wrong(fmt::format("tensor '{}' {}", name, what));
  };
  if (!entry.is_object()) return refuse("is not a JSON object");
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) return refuse("has no dtype");
  const auto shape = naturals(entry, "shape");
  if (!shape) return refuse("has no shape of whole numbers");
  const auto offsets = naturals(entry, "data_offsets");
  if (!offsets || offsets->size() != 2) return refuse("has no two data_offsets");
  StoredTensor tensor{name, dtype->get<std::string>(), {}, (*offsets)[0], (*offsets)[1]};
  tensor.shape.assign(shape->begin(), shape->end());
  const std::uint64_t each = dtype_bytes(tensor.dtype);
  if (each == 0) return refuse(fmt::format("has the unknown dtype '{}'", tensor.dtype));
  if (tensor.end < tensor.begin) return refuse("ends before it begins");
  const auto bytes = bytes_of(*shape, each);
  if (bytes != tensor.end - tensor.begin) {
    return refuse(fmt::format("of shape [{}] and dtype {} has {} bytes", fmt::join(*shape, ", "),
                              tensor.dtype, tensor.end - tensor.begin));
  }
  return tensor;
}

/// Each byte of the data belongs to one tensor.
Result<void> check_places(std::span<const StoredTensor> sorted, std::uint64_t data_bytes) {
  std::uint64_t used = 0;
  for (const auto& tensor : sorted) {
    if (tensor.end > data_bytes) {
      return wrong(
          fmt::format("tensor '{}' ends at byte {} of {}", tensor.name, tensor.end, data_bytes));
    }
    if (tensor.begin < used) {
      return wrong(fmt::format("tensor '{}' overlaps the one before it", tensor.name));
    }
    if (tensor.begin > used) {
      return wrong(fmt::format("{} bytes before tensor '{}' belong to none", tensor.begin - used,
                               tensor.name));
    }
    used = tensor.end;
  }
  if (used == data_bytes) return {};
  return wrong(fmt::format("{} bytes at the end belong to no tensor", data_bytes - used));
}

}  // namespace

std::uint64_t dtype_bytes(std::string_view dtype) {
  const auto* found = std::ranges::find(kDtypes, dtype, &Dtype::name);
  return found == std::end(kDtypes) ? 0 : found->bytes;
}

std::string safetensors_header(std::span<StoredTensor> tensors) {
  Json header = Json::object();
  header[std::string(kMetadata)] = {{"format", "pt"}};  // what loaders of PyTorch ask for
  std::uint64_t end = 0;
  for (auto& tensor : tensors) {
    tensor.begin = end;
    end += *bytes_of(std::vector<std::uint64_t>(tensor.shape.begin(), tensor.shape.end()),
                     dtype_bytes(tensor.dtype));
    tensor.end = end;
    header[tensor.name] = {{"dtype", tensor.dtype},
                           {"shape", tensor.shape},
                           {"data_offsets", {tensor.begin, tensor.end}}};
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  std::string bytes(kLengthBytes, '\0');
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    bytes[i] = static_cast<char>(text.size() >> 8 * i & 0xFF);
  }
  return bytes + text;
}

Result<std::vector<StoredTensor>> parse_safetensors_header(std::string_view header,
                                                           std::uint64_t data_bytes) {
  const Json json = Json::parse(header, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return wrong("its header is not a JSON object");
  std::vector<StoredTensor> tensors;
  for (const auto& [name, entry] : json.items()) {
    if (name == kMetadata) continue;
    auto tensor = tensor_from(name, entry);
    if (!tensor) return fail(tensor.error());
    tensors.push_back(std::move(*tensor));
  }
  std::ranges::stable_sort(tensors, {},
                           [](const auto& tensor) { return std::pair(tensor.begin, tensor.end); });
  if (auto sound = check_places(tensors, data_bytes); !sound) return fail(sound.error());
  return tensors;
}

SafetensorsFile::SafetensorsFile(SafetensorsFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      data_begin_(other.data_begin_),
      tensors_(std::move(other.tensors_)) {}

SafetensorsFile::~SafetensorsFile() {
  if (fd_ >= 0) ::close(fd_);
}

tl::unexpected<Error> SafetensorsFile::malformed(std::string_view what) const {
  return fail(
      ErrorKind::malformed, fmt::format("{}: {}", path_.string(), what),
      "write the file again, with the names and shapes that `btrack-worker --export` shows");
}

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  SafetensorsFile file(path, ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd_ < 0) return fail(system_error(errno, "read", path));
  if (auto read = file.read_header(); !read) return fail(read.error());
  return file;
}

Result<void> SafetensorsFile::read_header() {
  struct stat facts {};
  if (::fstat(fd_, &facts) != 0) return fail(system_error(errno, "read", path_));
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  if (!S_ISREG(facts.st_mode)) return malformed("not a file");
  if (size < kLengthBytes) {
    return malformed("not a safetensors file: it is shorter than the 8 bytes that begin one");
  }
  std::array<unsigned char, kLengthBytes> length{};
  if (auto read = read_at(0, std::as_writable_bytes(std::span(length))); !read) return read;
  std::uint64_t header_bytes = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) header_bytes |= std::uint64_t{length[i]} << 8 * i;
  if (header_bytes > std::min(size - kLengthBytes, kMostHeaderBytes)) {
    return malformed(fmt::format("its first 8 bytes announce a header of {} bytes, and {} follow",
                                 header_bytes, size - kLengthBytes));
  }
  std::string header(header_bytes, '\0');
  if (auto read = read_at(kLengthBytes, std::as_writable_bytes(std::span(header))); !read) {
    return read;
  }
  data_begin_ = kLengthBytes + header_bytes;
  auto parsed = parse_safetensors_header(header, size - data_begin_);
  if (!parsed) return malformed(parsed.error().message);
  tensors_ = std::move(*parsed);
  return {};
}

Result<void> SafetensorsFile::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const ssize_t got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(system_error(errno, "read", path_));
    if (got == 0) return malformed("it became shorter while it was read");
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Result<void> SafetensorsFile::read(const StoredTensor& tensor, std::span<std::byte> into) const {
  return read_at(data_begin_ + tensor.begin, into.first(tensor.end - tensor.begin));
}

}  // namespace btrack::models
