// SPDX-License-Identifier: Apache-2.0
// Duplicates between drivers, the containment graph, and the antichain that is the total.
#include "btrack/power/relations.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <string_view>

namespace btrack::power {
namespace {

bool measured(const Channel& c) { return c.evidence == Evidence::measured; }

std::string_view driver_of(const Channel& c) {
  return std::string_view(c.id).substr(0, c.id.find('/'));
}

/// The id without the driver's name: what is measured, in words that drivers share.
std::string_view physical(const Channel& c) {
  const auto slash = c.id.find('/');
  return slash == std::string::npos ? std::string_view(c.id)
                                    : std::string_view(c.id).substr(slash + 1);
}

bool same_source(const Channel& a, const Channel& b) {
  if (a.domain != b.domain || driver_of(a) == driver_of(b)) return false;
  return a.device.empty() || b.device.empty() ? physical(a) == physical(b) : a.device == b.device;
}

/// A counter before a gauge, and either before what is only shown beside.
int rank(const Channel& c) {
  return (c.beside ? 2 : 0) + (c.kind == ChannelKind::power_gauge ? 1 : 0);
}

void mark_duplicates(std::span<Channel> channels) {
  for (std::size_t i = 0; i < channels.size(); ++i) {
    Channel& added = channels[i];
    if (!measured(added) || added.duplicate_of) continue;
    for (Channel& known : channels.first(i)) {
      if (!measured(known) || known.duplicate_of || !same_source(known, added)) continue;
      const bool better = rank(added) < rank(known);
      (better ? known : added).duplicate_of = better ? added.id : known.id;
      if (!better) break;
    }
  }
}

/// Which domains lie directly inside one; each is looked for from the innermost outwards.
std::span<const Domain> containers(Domain domain) {
  using enum Domain;
  static constexpr Domain kCore[] = {package, cpu, board, module, node};
  static constexpr Domain kPackage[] = {cpu, board, module, node};
  static constexpr Domain kBoard[] = {module, node};
  static constexpr Domain kGpuPart[] = {gpu, gpu_card, module, node};
  static constexpr Domain kGpu[] = {gpu_card, module, node};
  static constexpr Domain kModulePart[] = {module, node};
  static constexpr Domain kDram[] = {board, module, node};
  static constexpr Domain kModule[] = {node};
  switch (domain) {
    case core:
    case uncore:
      return kCore;
    case package:
      return kPackage;
    case dram:
      return kDram;
    case gpu_tile:
    case gpu_memory:
      return kGpuPart;
    case gpu:
      return kGpu;
    case board:
      return kBoard;
    case cpu:
    case gpu_card:
    case io:
      return kModulePart;
    case module:
    case other:
      return kModule;
    case node:
    case machine:
      break;
  }
  return {};
}

/// "1" of "powercap/package-1-die-0/dram" for the word "package"; empty where there is none.
std::string_view number_after(std::string_view id, std::string_view word) {
  const auto at = id.find(word);
  if (at == std::string_view::npos) return {};
  std::string_view rest = id.substr(at + word.size());
  if (rest.starts_with('-')) rest.remove_prefix(1);
  return rest.substr(0, rest.find_first_not_of("0123456789"));
}

/// Whether `outer`, of a domain that contains that of `inner`, is the very one around it.
bool around(const Channel& outer, const Channel& inner) {
  using enum Domain;
  switch (outer.domain) {
    case gpu:
    case gpu_card:
      return !inner.device.empty() && outer.device == inner.device;
    case package: {
      const auto name = physical(outer);
      const auto part = physical(inner);
      return part.starts_with(name) && part.substr(name.size()).starts_with('/');
    }
    case module: {
      // An accelerator that is a device of its own is not inside another device.
      const bool accelerator = inner.domain == gpu || inner.domain == gpu_card;
      if (accelerator && !outer.device.empty() && !inner.device.empty()) {
        return outer.device == inner.device;
      }
      const auto own = number_after(outer.id, "module");
      const auto other = number_after(inner.id, "module");
      return own.empty() || other.empty() || own == other;
    }
    default:
      return true;
  }
}

void contain(std::span<Channel> channels) {
  for (Channel& inner : channels) {
    if (!measured(inner) || inner.part_of || inner.duplicate_of) continue;
    for (const Domain domain : containers(inner.domain)) {
      const auto outer = std::ranges::find_if(channels, [&](const Channel& c) {
        return c.domain == domain && measured(c) && !c.duplicate_of && c.id != inner.id &&
               (!c.beside || domain == Domain::node) && around(c, inner);
      });
      if (outer == channels.end()) continue;
      inner.part_of = outer->id;
      break;
    }
  }
}

/// Of several channels for the whole node the one that can be summed is inside the others.
void nest_nodes(std::span<Channel> channels) {
  const auto find = [&](bool beside) {
    return std::ranges::find_if(channels, [&](const Channel& c) {
      return c.domain == Domain::node && measured(c) && !c.duplicate_of && c.beside == beside;
    });
  };
  const auto inner = find(false);
  const auto outer = find(true);
  if (inner != channels.end() && outer != channels.end() && !inner->part_of) {
    inner->part_of = outer->id;
  }
}

/// Looks up channels by id; the first of equal ids counts.
class Graph {
 public:
  explicit Graph(std::span<const Channel> channels) : channels_(channels) {
    for (std::uint32_t i = 0; i < channels.size(); ++i) index_.try_emplace(channels[i].id, i);
  }

  [[nodiscard]] std::optional<std::uint32_t> find(const std::optional<std::string>& id) const {
    const auto it = id ? index_.find(*id) : index_.end();
    return it == index_.end() ? std::nullopt : std::optional(it->second);
  }

  /// The channel that stands for all duplicates of `i`; in a ring of duplicates, the first.
  [[nodiscard]] std::uint32_t original(std::uint32_t i) const {
    std::uint32_t lowest = i;
    for (std::size_t steps = 0; steps <= channels_.size(); ++steps) {
      const auto next = find(channels_[i].duplicate_of);
      if (!next) return i;
      i = *next;
      lowest = std::min(lowest, i);
    }
    return lowest;
  }

  /// The nearest channel around `i` that is itself counted.
  [[nodiscard]] std::optional<std::uint32_t> counted_around(
      std::uint32_t i, const std::vector<bool>& counted) const {
    const std::uint32_t self = i;
    for (std::size_t steps = 0; steps <= channels_.size(); ++steps) {
      const auto outer = find(channels_[i].part_of);
      if (!outer) return std::nullopt;
      i = original(*outer);
      if (i != self && counted[i]) return i;
    }
    return std::nullopt;
  }

 private:
  std::span<const Channel> channels_;
  std::map<std::string_view, std::uint32_t> index_;
};

/// A whole that may be the total where it is all there is.
bool whole(const Channel& c) {
  return c.domain == Domain::node || c.domain == Domain::board || c.domain == Domain::module;
}

/// Which channels may be counted at all, before containment.
std::vector<bool> candidates(std::span<const Channel> channels, const Graph& graph) {
  const auto is_part = [](const Channel& c) { return measured(c) && !c.beside; };
  const auto is_whole = [](const Channel& c) { return measured(c) && c.beside && whole(c); };
  const bool parts = std::ranges::any_of(channels, is_part);
  const auto first_whole = std::ranges::find_if(channels, is_whole);
  std::vector<bool> counted(channels.size());
  for (std::uint32_t i = 0; i < channels.size(); ++i) {
    const Channel& c = channels[i];
    if (graph.original(i) != i) continue;
    if (parts) {
      counted[i] = is_part(c);
    } else if (first_whole != channels.end()) {
      counted[i] = is_whole(c) && driver_of(c) == driver_of(*first_whole);
    } else {
      counted[i] = c.evidence == Evidence::estimated && !c.beside;
    }
  }
  return counted;
}

bool covers(const Channel& c, std::initializer_list<Domain> domains) {
  return std::ranges::find(domains, c.domain) != domains.end();
}

}  // namespace

void relate(std::span<Channel> channels) {
  mark_duplicates(channels);
  nest_nodes(channels);
  contain(channels);
}

std::vector<std::uint32_t> total_channels(std::span<const Channel> channels) {
  const Graph graph(channels);
  const auto counted = candidates(channels, graph);
  std::vector<std::uint32_t> total;
  for (std::uint32_t i = 0; i < channels.size(); ++i) {
    if (counted[i] && !graph.counted_around(i, counted)) total.push_back(i);
  }
  return total;
}

std::vector<ChannelStanding> standings(std::span<const Channel> channels) {
  const Graph graph(channels);
  const auto counted = candidates(channels, graph);
  std::vector<ChannelStanding> all(channels.size());
  for (std::uint32_t i = 0; i < channels.size(); ++i) {
    const Channel& c = channels[i];
    if (const auto original = graph.original(i); original != i) {
      all[i] = {Standing::duplicate, channels[original].id};
    } else if (const auto outer = graph.counted_around(i, counted)) {
      all[i] = {Standing::inside, channels[*outer].id};
    } else if (counted[i]) {
      all[i] = {Standing::summed, ""};
    } else {
      all[i] = {measured(c) ? Standing::beside : Standing::unused, ""};
    }
  }
  return all;
}

std::vector<UnmeasuredPart> unmeasured_parts(std::span<const Channel> channels) {
  using enum Domain;
  bool processors = false;
  bool memory = false;
  bool accelerators = false;
  bool rest = false;
  for (const auto i : total_channels(channels)) {
    const Channel& c = channels[i];
    if (!measured(c)) continue;
    processors |= covers(c, {node, board, module, cpu, package});
    memory |= covers(c, {node, board, module, dram});
    accelerators |= covers(c, {node, module, gpu_card, gpu, gpu_tile});
    rest |= covers(c, {node});
  }
  std::vector<UnmeasuredPart> parts;
  if (!processors) parts.push_back(UnmeasuredPart::processors);
  if (!memory) parts.push_back(UnmeasuredPart::memory);
  if (!accelerators) parts.push_back(UnmeasuredPart::accelerators);
  if (!rest) parts.push_back(UnmeasuredPart::rest_of_node);
  return parts;
}

std::string_view unmeasured_part_name(UnmeasuredPart part) {
  switch (part) {
    case UnmeasuredPart::processors:
      return "processors";
    case UnmeasuredPart::memory:
      return "memory modules";
    case UnmeasuredPart::accelerators:
      return "accelerators, if there are any";
    case UnmeasuredPart::rest_of_node:
      break;
  }
  return "power supply loss, fans, storage, network";
}

std::string_view unmeasured_part_id(UnmeasuredPart part) {
  switch (part) {
    case UnmeasuredPart::processors:
      return "processors";
    case UnmeasuredPart::memory:
      return "memory";
    case UnmeasuredPart::accelerators:
      return "accelerators";
    case UnmeasuredPart::rest_of_node:
      break;
  }
  return "rest_of_node";
}

std::optional<UnmeasuredPart> unmeasured_part_from(std::string_view id) {
  using enum UnmeasuredPart;
  for (const auto part : {processors, memory, accelerators, rest_of_node}) {
    if (unmeasured_part_id(part) == id) return part;
  }
  return std::nullopt;
}

}  // namespace btrack::power
