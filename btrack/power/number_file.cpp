// SPDX-License-Identifier: Apache-2.0
// Reading and parsing of number files.
#include "btrack/power/number_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "btrack/core/file.hpp"

namespace btrack::power {
namespace {

constexpr std::size_t kLongest = 128;  // the longest line known is Cray's, of about 40 characters

bool blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\0'; }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The file's text in `buffer`; nothing where it cannot be read, or does not fit and may be cut.
std::optional<std::string_view> text_of(int descriptor, std::array<char, kLongest>& buffer) {
  const ssize_t size = ::pread(descriptor, buffer.data(), buffer.size(), 0);
  if (size < 0 || static_cast<std::size_t>(size) == buffer.size()) return std::nullopt;
  return std::string_view(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace

std::optional<FileNumber> parse_file_number(std::string_view text, NumberFormat format) {
  FileNumber number;
  number.negative = text.starts_with('-');
  if (number.negative) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number.magnitude);
  if (error != std::errc{}) return std::nullopt;

  std::string_view rest(stop, static_cast<std::size_t>(end - stop));
  if (!format.unit.empty()) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (!rest.starts_with(format.unit)) return std::nullopt;
    rest.remove_prefix(format.unit.size());
  }
  const bool ends =
      format.more ? rest.empty() || blank(rest.front()) : without_blanks(rest).empty();
  return ends ? std::optional(number) : std::nullopt;
}

Result<NumberFile> NumberFile::open(const std::filesystem::path& path, NumberFormat format) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return fail(system_error(errno, "open", path));
  return NumberFile(descriptor, format);
}

NumberFile::~NumberFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

NumberFile::NumberFile(NumberFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), format_(other.format_) {}

NumberFile& NumberFile::operator=(NumberFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(format_, other.format_);
  return *this;
}

std::optional<FileNumber> NumberFile::read() const {
  std::array<char, kLongest> buffer{};
  const auto text = text_of(descriptor_, buffer);
  return text ? parse_file_number(*text, format_) : std::nullopt;
}

bool NumberFile::says(std::string_view text) const {
  std::array<char, kLongest> buffer{};
  const auto content = text_of(descriptor_, buffer);
  return content && without_blanks(*content) == text;
}

}  // namespace btrack::power
