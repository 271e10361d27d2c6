// SPDX-License-Identifier: Apache-2.0
// Names of domains, as they stand in JSON and in the store.
#include "btrack/power/sensor.hpp"

#include <array>
#include <utility>

namespace btrack::power {
namespace {

constexpr std::array<std::pair<Domain, std::string_view>, 15> kDomains{{
    {Domain::node, "node"},
    {Domain::board, "board"},
    {Domain::module, "module"},
    {Domain::cpu, "cpu"},
    {Domain::package, "package"},
    {Domain::core, "core"},
    {Domain::uncore, "uncore"},
    {Domain::dram, "dram"},
    {Domain::gpu_card, "gpu_card"},
    {Domain::gpu, "gpu"},
    {Domain::gpu_tile, "gpu_tile"},
    {Domain::gpu_memory, "gpu_memory"},
    {Domain::io, "io"},
    {Domain::machine, "machine"},
    {Domain::other, "other"},
}};

}  // namespace

std::string_view domain_name(Domain domain) {
  for (const auto& [value, name] : kDomains) {
    if (value == domain) return name;
  }
  return "other";
}

Domain domain_from(std::string_view name) {
  for (const auto& [value, known] : kDomains) {
    if (known == name) return value;
  }
  return Domain::other;
}

}  // namespace btrack::power
