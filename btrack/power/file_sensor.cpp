// SPDX-License-Identifier: Apache-2.0
// The table of number files, the search for them, and the read that all of them share.
#include "btrack/power/file_sensor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

// Powercap zones are listed flat in the class folder; trees copied without its links are nested.
constexpr std::array kRows{
    FileRow{"powercap", "class/powercap/*:* class/powercap/*/*:* class/powercap/*/*:*/*:*",
            "energy_uj", "name", "max_energy_range_uj", ChannelKind::energy_counter, 1e-6,
            Seconds(0.001), Watts(1000.0),
            "the kernel gives it to root only since CVE-2020-8694: run as root, or let an "
            "administrator type 'chmod a+r /sys/class/powercap/*:*/energy_uj' or 'setcap "
            "cap_dac_read_search+ep' on this program"},
};

/// glob(3) of `pattern` below `root`; the root's own special characters stand for themselves.
std::vector<fs::path> matches(const fs::path& root, std::string_view pattern) {
  std::string text;
  for (const char c : root.string()) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') text += '\\';
    text += c;
  }
  text += fmt::format("/{}", pattern);
  glob_t found{};
  std::vector<fs::path> paths;
  if (::glob(text.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return paths;
}

std::optional<std::uint64_t> number_in(const fs::path& file) {
  const auto text = read_file(file);
  return text ? parse_number<std::uint64_t>(trim(*text)) : std::nullopt;
}

/// The Error of a number file that cannot be used, or nothing.
std::optional<Error> refusal(const FileRow& row, const fs::path& file) {
  const auto text = read_file(file);
  if (!text) {
    Error error = text.error();
    if (error.kind == ErrorKind::denied) error.remedy = row.remedy;
    return error;
  }
  if (parse_number<std::uint64_t>(trim(*text))) return std::nullopt;
  return Error{ErrorKind::malformed,
               fmt::format("{} should hold one whole number, and holds '{}'", file.string(),
                           trim(*text).substr(0, 40)),
               "update or reload the kernel driver that writes it"};
}

/// The number in `text`, which may end with white space only; false where there is none.
bool parse_count(const char* begin, const char* end, std::uint64_t& count) {
  const auto [stop, error] = std::from_chars(begin, end, count);
  if (error != std::errc{}) return false;
  return std::all_of(stop, end, [](char c) { return c == '\n' || c == ' ' || c == '\0'; });
}

}  // namespace

const Clock& clock_or_system(const Clock* clock) {
  static const SystemClock system;
  return clock != nullptr ? *clock : system;
}

const FileRow& file_row(std::string_view driver) {
  for (const FileRow& row : kRows) {
    if (row.driver == driver) return row;
  }
  throw std::logic_error(fmt::format("no file row for driver '{}'", driver));
}

FoundFiles find_files(const FileRow& row, const fs::path& root) {
  std::vector<fs::path> folders;
  for (const auto pattern : split(row.folders, ' ')) {
    std::ranges::move(matches(root, pattern), std::back_inserter(folders));
  }
  std::ranges::stable_sort(folders, {}, [](const fs::path& p) { return p.filename(); });
  const auto same_zone = [](const fs::path& a, const fs::path& b) {
    return a.filename() == b.filename();
  };
  folders.erase(std::unique(folders.begin(), folders.end(), same_zone), folders.end());

  FoundFiles found;
  for (const auto& folder : folders) {
    std::error_code ignored;
    if (!fs::exists(folder / row.value, ignored)) continue;  // a zone without this number
    if (auto error = refusal(row, folder / row.value)) {
      found.refused.push_back(std::move(*error));
      continue;
    }
    FoundFile file{folder, folder / row.value, folder.filename().string(), {}, 0};
    if (const auto name = read_file(folder / row.name)) file.name = trim(*name);
    if (!row.wrap.empty()) {
      const auto range = number_in(folder / row.wrap);
      if (!range || *range == 0) {
        found.refused.push_back({ErrorKind::malformed,
                                 fmt::format("{} should hold the counter's range, and does not",
                                             (folder / row.wrap).string()),
                                 "update or reload the kernel driver that writes it"});
        continue;
      }
      file.range = *range;
    }
    found.readable.push_back(std::move(file));
  }
  return found;
}

Result<std::unique_ptr<FileSensor>> FileSensor::open(std::vector<Source> sources,
                                                     const Clock* clock) {
  std::unique_ptr<FileSensor> sensor(new FileSensor(clock_or_system(clock)));
  for (auto& source : sources) {
    const int fd = ::open(source.file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(system_error(errno, "open", source.file));
    sensor->descriptors_.push_back(fd);
    sensor->channels_.push_back(std::move(source.channel));
  }
  return sensor;
}

FileSensor::~FileSensor() {
  for (const int fd : descriptors_) ::close(fd);
}

Result<void> FileSensor::read(std::span<Reading> out) {
  SteadyTime before = clock_.now();
  std::array<char, 64> text{};
  for (std::size_t i = 0; i < descriptors_.size(); ++i) {
    const ssize_t size = ::pread(descriptors_[i], text.data(), text.size(), 0);
    const SteadyTime after = clock_.now();
    Reading& reading = out[i];
    reading = {static_cast<std::uint32_t>(i), reading_flags::ok, before + (after - before) / 2, 0};
    const bool usable = size > 0 && parse_count(text.data(), text.data() + size, reading.count) &&
                        (channels_[i].modulus == 0 || reading.count < channels_[i].modulus);
    if (!usable) {
      reading.count = 0;
      reading.flags = reading_flags::failed;
    }
    before = after;
  }
  return {};
}

}  // namespace btrack::power
