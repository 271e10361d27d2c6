// SPDX-License-Identifier: Apache-2.0
// The lists in the variables, and the kernel's list that they count in.
#include "btrack/power/visible_devices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

/// Lines "key value" of a KFD node.
std::map<std::string, std::uint64_t, std::less<>> node_properties(std::string_view text) {
  std::map<std::string, std::uint64_t, std::less<>> values;
  for (const auto line : split(text, '\n')) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    const auto value = parse_number<std::uint64_t>(trim(line.substr(blank + 1)));
    if (value) values.emplace(line.substr(0, blank), *value);
  }
  return values;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// The place in `shown` (places in `gpus`) that one entry of a list names.
std::optional<std::size_t> entry(std::string_view word, std::span<const std::size_t> shown,
                                 std::span<const KfdGpu> gpus) {
  if (const auto index = parse_number<std::size_t>(word)) {
    return *index < shown.size() ? std::optional(shown[*index]) : std::nullopt;
  }
  const std::string uuid = lower(word);
  if (!uuid.starts_with("gpu-") || uuid.size() == 4) return std::nullopt;
  const auto found = std::ranges::find_if(
      shown, [&](std::size_t place) { return lower(gpus[place].uuid).starts_with(uuid); });
  return found == shown.end() ? std::nullopt : std::optional(*found);
}

std::vector<std::size_t> chosen(std::string_view list, std::span<const std::size_t> shown,
                                std::span<const KfdGpu> gpus) {
  std::vector<std::size_t> result;
  for (const auto word : split(list, ',')) {
    const auto place = entry(trim(word), shown, gpus);
    if (!place) break;
    if (std::ranges::find(result, *place) == result.end()) result.push_back(*place);
  }
  return result;
}

}  // namespace

std::vector<KfdGpu> kfd_gpus(const fs::path& sysfs_root) {
  std::map<int, KfdGpu> by_node;
  std::error_code error;
  for (const auto& node :
       fs::directory_iterator(sysfs_root / "class/kfd/kfd/topology/nodes", error)) {
    const auto number = parse_number<int>(node.path().filename().string());
    const auto text = read_file(node.path() / "properties");
    if (!number || !text) continue;
    const auto values = node_properties(*text);
    const auto value = [&](std::string_view key) {
      const auto found = values.find(key);
      return found == values.end() ? 0 : found->second;
    };
    if (value("simd_count") == 0) continue;  // a node of CPUs only
    KfdGpu gpu{pci_from_location(value("domain"), value("location_id")), "",
               value("cpu_cores_count") > 0};
    if (value("unique_id") != 0) gpu.uuid = fmt::format("GPU-{:016x}", value("unique_id"));
    by_node.emplace(*number, std::move(gpu));
  }
  std::vector<KfdGpu> gpus;
  gpus.reserve(by_node.size());
  for (auto& [node, gpu] : by_node) gpus.push_back(std::move(gpu));
  return gpus;
}

std::optional<std::vector<std::size_t>> visible_amd_gpus(const ProbeContext& context,
                                                         std::span<const KfdGpu> gpus) {
  const auto runtime = environment_variable(context, "ROCR_VISIBLE_DEVICES");
  auto hip = environment_variable(context, "HIP_VISIBLE_DEVICES");
  // HIP takes an empty variable for an absent one (clr, rocdevice.cpp); ROCr takes it for no
  // device.
  if (!hip || hip->empty()) hip = environment_variable(context, "CUDA_VISIBLE_DEVICES");
  if (hip && hip->empty()) hip.reset();
  if (!runtime && !hip) return std::nullopt;

  std::vector<std::size_t> shown(gpus.size());
  for (std::size_t i = 0; i < shown.size(); ++i) shown[i] = i;
  if (runtime) shown = chosen(*runtime, shown, gpus);
  if (hip) shown = chosen(*hip, shown, gpus);
  return shown;
}

std::optional<std::vector<bool>> visible_level_zero_devices(
    const ProbeContext& context, std::span<const std::uint32_t> tiles_of_devices) {
  const auto mask = environment_variable(context, "ZE_AFFINITY_MASK");
  if (!mask || mask->empty()) return std::nullopt;
  const auto hierarchy = environment_variable(context, "ZE_FLAT_DEVICE_HIERARCHY");
  const bool composite = hierarchy && *hierarchy == "COMPOSITE";
  std::vector<std::size_t> numbered;  // the device behind each number of the mask
  for (std::size_t i = 0; i < tiles_of_devices.size(); ++i) {
    const std::uint32_t numbers = composite ? 1 : std::max(1U, tiles_of_devices[i]);
    numbered.insert(numbered.end(), numbers, i);
  }
  std::vector<bool> visible(tiles_of_devices.size());
  for (const auto word : split(*mask, ',')) {
    const auto text = trim(word);
    const auto number = parse_number<std::size_t>(text.substr(0, text.find('.')));
    if (number && *number < numbered.size()) visible[numbered[*number]] = true;
  }
  return visible;
}

}  // namespace btrack::power
