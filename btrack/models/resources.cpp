// SPDX-License-Identifier: Apache-2.0
// Peaks and ceiling as qualities of the record.
#include "btrack/models/resources.hpp"

#include "btrack/models/ceiling.hpp"
#include "btrack/models/device.hpp"

namespace btrack::models {

void Resources::tell(Reporter& reporter, c10::Device device, std::optional<Precision> precision) {
  const auto host = static_cast<double>(peak_resident_bytes());
  if (host > 1.01 * peak_told_) reporter.quality({"peak_resident_bytes", peak_told_ = host, 0});
  if (const auto bytes = peak_device_bytes(device)) {
    reporter.quality({"peak_device_bytes", static_cast<double>(*bytes), 0});
  }
  if (ceiling_told_ || !precision) return;
  ceiling_told_ = true;
  reporter.quality({"ceiling_flop_per_s", measured_ceiling(device, *precision), 0});
}

}  // namespace btrack::models
