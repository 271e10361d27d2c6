// SPDX-License-Identifier: Apache-2.0
// Names of domains, as they stand in JSON and in the store.
#include "btrack/power/sensor.hpp"

#include <array>
#include <utility>

namespace btrack::power {
namespace {

constexpr std::array<std::pair<Domain, std::string_view>, 10> kDomains{{
    {Domain::board, "board"},
    {Domain::package, "package"},
    {Domain::core, "core"},
    {Domain::uncore, "uncore"},
    {Domain::dram, "dram"},
    {Domain::gpu, "gpu"},
    {Domain::module, "module"},
    {Domain::node, "node"},
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
