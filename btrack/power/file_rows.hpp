// SPDX-License-Identifier: Apache-2.0
// The table of number files: where they are, their unit, their wrap, and the search for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/power/number_file.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// One kind of number file below the sysfs root.
struct FileRow {
  std::string_view driver;    ///< "powercap"
  std::string_view folders;   ///< globs of the folders, separated by blanks
  std::string_view chips{};   ///< hwmon: names of the chips, separated by blanks; empty: all others
  std::string_view value;     ///< glob of the files with the number: "energy_uj", "power*_input"
  std::string_view name{};    ///< the file with its name; a star is what the value's star stood for
  std::string_view enable{};  ///< a file that says 0 where this number is switched off; like name
  std::string_view wrap{};    ///< the file with the largest value before 0; empty: none
  NumberFormat format{};
  ChannelKind kind = ChannelKind::energy_counter;
  double si_per_count = 1.0;  ///< joules or watts of one count
  Seconds update_period{};
  Watts power_limit{};        ///< per file
  std::string_view remedy{};  ///< what opens a file that we may not read
};

/// The rows of that driver, in the table's order; a broken promise (exception) where there is none.
std::vector<FileRow> file_rows(std::string_view driver);

/// One readable number.
struct FoundFile {
  std::filesystem::path folder;
  std::filesystem::path value;
  std::string zone;         ///< the folder's own name, "intel-rapl:0:1", "hwmon3"
  std::string number;       ///< what the value's star stood for: "1" of "power1_input"
  std::string name;         ///< content of the name file, "dram"
  std::uint64_t range = 0;  ///< content of the wrap file; 0 where the row has none
};

struct FoundFiles {
  std::vector<FoundFile> readable;  ///< sorted by zone and file, each once
  std::vector<Error> refused;       ///< one for each file that is there and cannot be used
};

FoundFiles find_files(const FileRow& row, const std::filesystem::path& root);

/// One Error for all files that are there and closed: the first one's cause and remedy, and how
/// many `things` more there are. Nothing where none is closed.
std::optional<Error> refusals(const std::vector<Error>& refused, std::string_view things);

/// The small text of an attribute, without blanks around it; empty where it cannot be read.
std::string attribute(const std::filesystem::path& file);
/// The number in an attribute, or nothing.
std::optional<std::uint64_t> number_attribute(const std::filesystem::path& file);

}  // namespace btrack::power
