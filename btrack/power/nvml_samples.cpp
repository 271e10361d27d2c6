// SPDX-License-Identifier: Apache-2.0
// Samples to nanojoules.
#include "btrack/power/nvml_samples.hpp"

#include <algorithm>

namespace btrack::power {
namespace {

constexpr std::uint64_t kLongestGapUs = 1'000'000;  // ten of the slowest known update periods

}  // namespace

NvmlSamples::NvmlSamples(NvmlSampling kind, Watts most, std::uint32_t capacity)
    : kind_(kind), most_mw_(static_cast<std::uint64_t>(most.value() * 1e3)), buffer_(capacity) {}

NvmlSamples::Outcome NvmlSamples::fetch(const NvmlLibrary& library, NvmlDevice device) {
  std::uint32_t count = 0;
  NvmlValueType type{};
  const NvmlStatus status = library.samples(device, kind_, last_us_, buffer_, count, type);
  if (status == NvmlStatus::not_found || status == NvmlStatus::no_data) return Outcome::same;
  if (status != NvmlStatus::success) return Outcome::failed;
  auto fresh = std::span(buffer_).first(std::min<std::size_t>(count, buffer_.size()));
  // What happened before the first look is nobody's.
  if (last_us_ == 0 && fresh.size() > 1) fresh = fresh.last(1);
  Outcome worst = Outcome::same;
  for (const NvmlSample& sample : fresh) worst = std::max(worst, add(sample, type));
  return worst;
}

NvmlSamples::Outcome NvmlSamples::add(const NvmlSample& sample, NvmlValueType type) {
  if (sample.wall_us <= last_us_) return Outcome::same;
  const auto milliwatts = as_count(sample.value, type);
  if (!milliwatts || *milliwatts > most_mw_) return Outcome::refused;
  const std::uint64_t elapsed_us = sample.wall_us - last_us_;
  const bool first = last_us_ == 0;
  last_us_ = sample.wall_us;
  if (first) return Outcome::grown;
  if (elapsed_us > kLongestGapUs) return Outcome::gap;
  nanojoules_ += *milliwatts * elapsed_us;
  return Outcome::grown;
}

}  // namespace btrack::power
