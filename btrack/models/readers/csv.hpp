// SPDX-License-Identifier: Apache-2.0
// Reads a table of numbers with a label column, as CSV, raw or gzip. Needs no LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "btrack/core/error.hpp"

namespace btrack::models {

struct Table {
  std::vector<std::string> columns;  ///< of the values; empty where the file has no header
  std::int64_t width = 0;            ///< values of a row
  std::vector<float> values;         ///< row after row
  std::vector<std::int64_t> labels;
  std::vector<std::string> classes;  ///< names of the labels; empty where they are numbers
};

/// RFC 4180. The first row is a header where one of its fields is no number. `label` names a column
/// of the header, or its position from 0; empty: the last. Labels are whole numbers from 0, or
/// words, which are numbered in sorted order. Errors name the file and the row.
Result<Table> read_csv(const std::filesystem::path& file, const std::string& label = {});

}  // namespace btrack::models
