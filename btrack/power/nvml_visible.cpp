// SPDX-License-Identifier: Apache-2.0
// Numbers, UUIDs and instances in the variables' lists.
#include "btrack/power/nvml_visible.hpp"

#include <algorithm>
#include <string_view>

#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

using ParentOfMig = std::function<std::optional<std::string>(const std::string&)>;

class List {
 public:
  List(std::span<const NvmlGpu> gpus, const ParentOfMig& parent_of_mig)
      : gpus_(gpus), parent_of_mig_(parent_of_mig) {}

  /// CUDA's reading: the list ends at the first entry that names no GPU ("-1", "none", a typing
  /// error); an empty list hides all.
  [[nodiscard]] std::vector<bool> cuda(std::string_view text) {
    std::vector<bool> visible(gpus_.size());
    for (const auto word : split(text, ',')) {
      const auto place = entry(trim(word));
      if (!place) break;
      visible[*place] = true;
    }
    return visible;
  }

  /// The container tool's reading: every entry counts; "0:1" is instance 1 of GPU 0. Nothing where
  /// the list says as many GPUs as there are: then the container has been cut to it already, and
  /// its numbers are those of the host.
  [[nodiscard]] std::optional<std::vector<bool>> container(std::string_view text) {
    std::vector<bool> visible(gpus_.size());
    std::size_t entries = 0;
    bool found = true;
    for (const auto word : split(text, ',')) {
      ++entries;
      const auto name = trim(word);
      const auto place = entry(name.substr(0, name.find(':')));
      found &= place.has_value();
      if (place) visible[*place] = true;
    }
    if (!found || entries == gpus_.size()) return std::nullopt;
    return visible;
  }

  [[nodiscard]] bool by_number() const { return by_number_; }

 private:
  [[nodiscard]] std::optional<std::size_t> entry(std::string_view word) {
    if (const auto number = parse_number<std::size_t>(word)) {
      by_number_ = true;
      const auto at = std::ranges::find(gpus_, *number, &NvmlGpu::index);
      return at == gpus_.end() ? std::nullopt : place(at);
    }
    if (word.starts_with("MIG-GPU-")) {  // drivers before 470: MIG-GPU-<uuid>/<gi>/<ci>
      return by_uuid(word.substr(4, word.find('/') - 4));
    }
    if (word.starts_with("MIG-")) {
      const auto parent = parent_of_mig_(std::string(word));
      return parent ? by_uuid(*parent) : std::nullopt;
    }
    return word.starts_with("GPU-") && word.size() > 4 ? by_uuid(word) : std::nullopt;
  }

  /// The begin of a UUID is enough where it fits one GPU only.
  [[nodiscard]] std::optional<std::size_t> by_uuid(std::string_view begin) const {
    const auto fits = [&](const NvmlGpu& gpu) { return gpu.uuid.starts_with(begin); };
    const auto found = std::ranges::find_if(gpus_, fits);
    const bool one = std::ranges::count_if(gpus_, fits) == 1;
    return one ? place(found) : std::nullopt;
  }

  [[nodiscard]] std::optional<std::size_t> place(std::span<const NvmlGpu>::iterator at) const {
    return static_cast<std::size_t>(at - gpus_.begin());
  }

  std::span<const NvmlGpu> gpus_;
  const ParentOfMig& parent_of_mig_;
  bool by_number_ = false;
};

/// CUDA numbers the fastest GPU first unless told otherwise; what it thinks fastest, only CUDA
/// knows.
std::string doubt_of_order(const ProbeContext& context, std::span<const NvmlGpu> gpus) {
  const bool alike =
      std::ranges::all_of(gpus, [&](const NvmlGpu& gpu) { return gpu.name == gpus.front().name; });
  if (alike || environment_variable(context, "CUDA_DEVICE_ORDER") == "PCI_BUS_ID") return {};
  return "CUDA may number these different GPUs in another order: set CUDA_DEVICE_ORDER=PCI_BUS_ID, "
         "or name them by UUID";
}

}  // namespace

std::optional<NvmlVisibility> visible_nvidia_gpus(const ProbeContext& context,
                                                  std::span<const NvmlGpu> gpus,
                                                  const ParentOfMig& parent_of_mig) {
  if (gpus.empty()) return std::nullopt;
  List list(gpus, parent_of_mig);
  if (const auto cuda = environment_variable(context, "CUDA_VISIBLE_DEVICES")) {
    NvmlVisibility result{list.cuda(*cuda), "CUDA_VISIBLE_DEVICES", ""};
    if (list.by_number()) result.doubt = doubt_of_order(context, gpus);
    return result;
  }
  const auto container = environment_variable(context, "NVIDIA_VISIBLE_DEVICES");
  // "void" and the empty text say that the variable does not decide (device plugins hand GPUs in by
  // other means then).
  if (!container || container->empty() || *container == "all" || *container == "void") {
    return std::nullopt;
  }
  NvmlVisibility result{std::vector<bool>(gpus.size()), "NVIDIA_VISIBLE_DEVICES", ""};
  if (*container == "none") return result;
  auto visible = list.container(*container);
  if (!visible) return std::nullopt;
  result.visible = std::move(*visible);
  return result;
}

}  // namespace btrack::power
