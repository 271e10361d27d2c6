// SPDX-License-Identifier: Apache-2.0
// Telling model files apart by the records of their zip archive.
#include "btrack/models/model_file.hpp"

#include <c10/util/Exception.h>
#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

#include "btrack/core/file.hpp"

namespace btrack::models {
namespace archives {

namespace fs = std::filesystem;
using Reader = caffe2::serialize::PyTorchStreamReader;

constexpr const char* kExport =
    "export it with torch.jit.trace or torch.jit.script and save(), or with torch.export and "
    "torch._inductor.aoti_compile_and_package";

bool has_any(const std::vector<std::string>& records, std::string_view beginning) {
  return std::any_of(records.begin(), records.end(),
                     [&](const auto& name) { return name.starts_with(beginning); });
}

/// The two bytes that tell a zip archive ("PK") from what torch.save wrote before 1.6 (a pickle).
std::string first_bytes(const fs::path& path) {
  std::array<char, 2> bytes{};
  std::ifstream(path, std::ios::binary).read(bytes.data(), bytes.size());
  return {bytes.data(), bytes.size()};
}

Error not_an_archive(const fs::path& path) {
  const auto begin = first_bytes(path);
  if (begin == "PK") {
    return {ErrorKind::malformed, fmt::format("{} is damaged or cut short", path.string()),
            "copy or export it again"};
  }
  if (begin[0] == '\x80') {
    return {ErrorKind::malformed,
            fmt::format("{} is a pickle of torch.save, not TorchScript: it holds values, and no "
                        "program that runs them",
                        path.string()),
            kExport};
  }
  return {ErrorKind::malformed, fmt::format("{} is no model file", path.string()), kExport};
}

Result<FileFormat> format_of(const fs::path& path, const std::vector<std::string>& records) {
  if (has_any(records, "data/aotinductor/")) return FileFormat::aot_package;
  if (has_any(records, "constants.pkl")) return FileFormat::torch_script;
  if (has_any(records, "archive_format")) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} is an exported program that is not compiled", path.string()),
                "load it with torch.export.load and compile it with "
                "torch._inductor.aoti_compile_and_package");
  }
  if (has_any(records, "data.pkl")) {
    return fail(ErrorKind::malformed,
                fmt::format("{} is a pickle of torch.save (such as a state_dict), not TorchScript: "
                            "it holds values, and no program that runs them",
                            path.string()),
                kExport);
  }
  return fail(ErrorKind::malformed,
              fmt::format("{} is a zip archive, and no model of PyTorch", path.string()), kExport);
}

/// Of the first metadata record there is.
std::map<std::string, std::string> metadata_of(Reader& reader,
                                               const std::vector<std::string>& records) {
  std::map<std::string, std::string> metadata;
  for (const auto& name : records) {
    if (!name.ends_with("_metadata.json")) continue;
    const auto [data, size] = reader.getRecord(name);
    const auto* text = static_cast<const char*>(data.get());
    const auto json = nlohmann::json::parse(text, text + size, nullptr, false);
    for (const auto& [key, value] : json.items()) {
      if (value.is_string()) metadata[key] = value.get<std::string>();
    }
    break;
  }
  return metadata;
}

Result<void> read_archive(ModelFile& file) {
  try {
    Reader reader(file.path.string());
    const auto records = reader.getAllRecords();
    const auto format = format_of(file.path, records);
    if (!format) return fail(format.error());
    file.format = *format;
    for (const auto& name : records) {
      file.stored_bytes += static_cast<std::int64_t>(reader.getRecordSize(name));
    }
    if (file.format == FileFormat::aot_package) file.metadata = metadata_of(reader, records);
    return {};
  } catch (const c10::Error&) {
    return fail(not_an_archive(file.path));
  }
}

}  // namespace archives

std::string_view format_name(FileFormat format) {
  return format == FileFormat::torch_script ? "TorchScript" : "AOTInductor";
}

Result<ModelFile> open_model_file(const std::filesystem::path& path) {
  ModelFile file;
  file.path = path;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return fail(ErrorKind::not_found, fmt::format("there is no model file {}", path.string()),
                "name a .pt or .pt2 file, or a folder of them");
  }
  if (!std::ifstream(path)) return fail(system_error(errno, "read", path));
  if (auto read = archives::read_archive(file); !read) return fail(read.error());
  auto description = bench::describe_model(path);
  if (!description) return fail(description.error());
  file.description = std::move(*description);
  return file;
}

}  // namespace btrack::models
