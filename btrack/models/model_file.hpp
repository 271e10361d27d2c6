// SPDX-License-Identifier: Apache-2.0
// A user's own model: what its file is, told from the archive's table of contents, and its
// description.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "btrack/bench/model_description.hpp"

namespace btrack::models {

enum class FileFormat {
  torch_script,  ///< .pt of torch.jit.save
  aot_package,   ///< .pt2 of torch._inductor.aoti_compile_and_package
};
std::string_view format_name(FileFormat format);

struct ModelFile {
  std::filesystem::path path;
  FileFormat format = FileFormat::torch_script;
  std::int64_t stored_bytes = 0;                ///< of the archive's records: weights and code
  std::map<std::string, std::string> metadata;  ///< of a package: "AOTI_DEVICE_KEY" ...
  bench::ModelDescription description;

  [[nodiscard]] std::string name() const { return path.filename().string(); }
  [[nodiscard]] std::string description_name() const {
    return description.file.filename().string();
  }
};

/// Loads and runs nothing. Errors: not_found (no such file, no description), malformed or
/// unsupported (not a model that can be run, and how to export one), usage (a wrong description).
Result<ModelFile> open_model_file(const std::filesystem::path& path);

}  // namespace btrack::models
