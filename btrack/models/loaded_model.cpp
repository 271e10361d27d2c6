// SPDX-License-Identifier: Apache-2.0
// Loading model files, and saying in one line why one cannot be.
#include "btrack/models/loaded_model.hpp"

#include <ATen/Version.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <new>

#include "btrack/core/text.hpp"

namespace btrack::models {
namespace loading {

constexpr const char* kCompileAgain =
    "compile it again with torch._inductor.aoti_compile_and_package";

std::string fact(const ModelFile& file, const char* key) {
  const auto found = file.metadata.find(key);
  return found == file.metadata.end() ? "" : found->second;
}

/// Before anything of the package is run: a wrong instruction would end the process.
Result<void> check_package(const ModelFile& file, at::Device device) {
  const auto made_for = fact(file, "AOTI_DEVICE_KEY");
  const auto here = c10::DeviceTypeName(device.type(), /*lower_case=*/true);
  if (!made_for.empty() && made_for != here) {
    return fail(
        ErrorKind::unsupported,
        fmt::format("{} was compiled for {}, and this run is on {}", file.name(), made_for, here),
        fmt::format("use --device {}, or {} for {}", made_for, kCompileAgain, here));
  }
  if (device.is_cuda() && device.index() > 0) {
    return fail(ErrorKind::unsupported, fmt::format("{} runs on cuda:0 only", file.name()),
                "choose the card with CUDA_VISIBLE_DEVICES");
  }
  const auto instructions = fact(file, "AOTI_CPU_ISA");
  const std::string here_too = at::get_cpu_capability();
  if ((instructions.starts_with("AVX512") && here_too != "AVX512") ||
      (instructions.starts_with("AVX2") && !here_too.starts_with("AVX"))) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} was compiled for processors with {}, which this one is not",
                            file.name(), instructions),
                fmt::format("{} on this machine", kCompileAgain));
  }
  return {};
}

Error refused(const ModelFile& file, const std::exception& error) {
  const auto reason = short_reason(error);
  if (is_out_of_memory(error)) {
    return {ErrorKind::out_of_memory, fmt::format("out of memory: {} ({})", file.name(), reason),
            "take a machine or device with more memory"};
  }
  if (file.format == FileFormat::torch_script) {
    return {
        ErrorKind::malformed,
        fmt::format("{} cannot be loaded by LibTorch {}: {}", file.name(), TORCH_VERSION, reason),
        "export it again, with a PyTorch that is not newer"};
  }
  return {ErrorKind::unsupported,
          fmt::format("{} does not fit LibTorch {}: {}", file.name(), TORCH_VERSION, reason),
          fmt::format("{} of PyTorch {}", kCompileAgain, TORCH_VERSION)};
}

}  // namespace loading

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const std::string_view text = error.what();
  return text.find("can't allocate memory") != std::string_view::npos ||
         text.find("out of memory") != std::string_view::npos;
}

std::string short_reason(const std::exception& error) {
  const auto* known = dynamic_cast<const c10::Error*>(&error);
  const std::string text = known != nullptr ? known->what_without_backtrace() : error.what();
  // The interpreter puts the reason below its trace back: "RuntimeError: shapes cannot ...".
  constexpr std::string_view kReason = "Error: ";
  const auto reason = text.rfind(kReason);
  const std::string_view rest = reason == std::string::npos
                                    ? std::string_view(text)
                                    : std::string_view(text).substr(reason + kReason.size());
  constexpr std::size_t kLongest = 200;
  const auto line = trim(split(trim(rest), '\n')[0]);
  return line.size() <= kLongest ? std::string(line)
                                 : fmt::format("{} ...", line.substr(0, kLongest));
}

Result<LoadedModelPtr> load_model(const ModelFile& file, at::Device device) {
  try {
    if (file.format == FileFormat::torch_script) return load_torch_script(file, device);
    if (auto fits = loading::check_package(file, device); !fits) return fail(fits.error());
    return load_aot_package(file);
  } catch (const std::exception& error) {
    return fail(loading::refused(file, error));
  }
}

}  // namespace btrack::models
