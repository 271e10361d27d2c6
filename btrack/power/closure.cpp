// SPDX-License-Identifier: Apache-2.0
// Whole against parts, power against limits, readings against each other.
#include "btrack/power/closure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "btrack/core/text.hpp"
#include "btrack/power/assess.hpp"

namespace btrack::power {
namespace {

class Checks {
 public:
  Checks(std::span<const Channel> channels, const EnergyReport& report, Window window,
         std::span<const Activity> activities)
      : channels_(channels), report_(report), window_(window), activities_(activities) {}

  std::vector<Contradiction> run() {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      if (channels_[i].evidence != Evidence::measured) continue;
      within_limit(i);
      holds_its_parts(i);
      follows_its_parts(i);
      agrees_with_its_duplicate(i);
    }
    memories_alike();
    return std::move(found_);
  }

 private:
  [[nodiscard]] const EnergyFigure& figure(std::size_t i) const {
    return report_.channels[i].energy;
  }
  [[nodiscard]] bool known(std::size_t i) const {
    return figure(i).source == EnergySource::measured;
  }
  [[nodiscard]] double half_j(std::size_t i) const {
    return std::max(figure(i).high - figure(i).value, figure(i).value - figure(i).low).value();
  }
  [[nodiscard]] std::optional<std::size_t> find(const std::optional<std::string>& id) const {
    if (!id) return std::nullopt;
    const auto it = std::ranges::find(channels_, *id, &Channel::id);
    if (it == channels_.end()) return std::nullopt;
    return static_cast<std::size_t>(it - channels_.begin());
  }
  /// Direct parts that were measured, each counter once.
  [[nodiscard]] std::vector<std::size_t> parts(std::size_t whole) const {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      const bool part = channels_[i].part_of == channels_[whole].id && !channels_[i].duplicate_of;
      if (part && i != whole && channels_[i].evidence == Evidence::measured) all.push_back(i);
    }
    return all;
  }

  void within_limit(std::size_t i) {
    const double watts = figure(i).value.value() / window_.length().count();
    const double limit = channels_[i].power_limit.value();
    if (!known(i) || watts <= limit) return;
    found_.push_back({"beyond-limit",
                      {i},
                      Grade::F,
                      fmt::format("{}: {} W is more than the possible {} W", channels_[i].id,
                                  significant(watts), significant(limit))});
  }

  void holds_its_parts(std::size_t whole) {
    if (!known(whole)) return;
    double sum_j = 0.0;
    double doubt_j = half_j(whole);
    std::vector<std::size_t> involved{whole};
    for (const std::size_t part : parts(whole)) {
      if (!known(part)) continue;
      sum_j += figure(part).value.value();
      doubt_j = std::hypot(doubt_j, half_j(part));
      involved.push_back(part);
    }
    const double whole_j = figure(whole).value.value();
    if (involved.size() < 2 || whole_j >= sum_j - 2.0 * doubt_j) return;
    found_.push_back({"parts-exceed-whole", std::move(involved), Grade::F,
                      fmt::format("{}: {} J, and its parts together {} J", channels_[whole].id,
                                  significant(whole_j), significant(sum_j))});
  }

  /// A part that changes by more than a tenth of the whole, and by two counts of it, must show.
  void follows_its_parts(std::size_t whole) {
    if (!activities_[whole].constant) return;
    for (const std::size_t part : parts(whole)) {
      const double change = activities_[part].highest_w - activities_[part].lowest_w;
      const bool gauge = channels_[whole].kind == ChannelKind::power_gauge;
      const double count_w = gauge ? channels_[whole].si_per_count : 0.0;
      if (change <= std::max(0.1 * activities_[whole].highest_w, 2.0 * count_w)) continue;
      found_.push_back({"constant-under-load",
                        {whole},
                        Grade::F,
                        fmt::format("{} stood still while its part {} changed by {} W",
                                    channels_[whole].id, channels_[part].id, significant(change))});
      return;
    }
  }

  void agrees_with_its_duplicate(std::size_t i) {
    const auto twin = find(channels_[i].duplicate_of);
    if (!twin || *twin == i || !known(i) || !known(*twin)) return;
    constexpr double kUnits = 0.005;  // unit rounding of drivers reaches 0.27 %
    const double apart = std::abs((figure(i).value - figure(*twin).value).value());
    const double spread = std::hypot(figure(i).spread.value(), figure(*twin).spread.value());
    if (apart <= 2.0 * spread + kUnits * figure(*twin).value.value()) return;
    found_.push_back({"duplicates-disagree",
                      {i, *twin},
                      Grade::D,
                      fmt::format("{} and {} read one counter and are {} J apart", channels_[i].id,
                                  channels_[*twin].id, significant(apart))});
  }

  /// The package or board that a memory channel belongs to, by its id: "x/package-0/dram".
  [[nodiscard]] std::optional<std::size_t> package_of(std::size_t memory) const {
    const std::string& id = channels_[memory].id;
    return find(id.substr(0, std::min(id.rfind('/'), id.size())));
  }

  void memories_alike() {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      for (std::size_t j = 0; j < channels_.size(); ++j) {
        if (i != j && memory(i) && memory(j)) compare_memory(i, j);
      }
    }
  }
  [[nodiscard]] bool memory(std::size_t i) const {
    return channels_[i].domain == Domain::dram && !channels_[i].duplicate_of && known(i);
  }
  void compare_memory(std::size_t high, std::size_t low) {
    constexpr double kApart = 10.0;
    constexpr double kAlike = 2.0;
    const auto a = package_of(high);
    const auto b = package_of(low);
    if (!a || !b || *a == *b || !known(*a) || !known(*b)) return;
    const double work = figure(*a).value / figure(*b).value;
    const bool alike = work < kAlike && work > 1.0 / kAlike;
    if (!alike || figure(high).value <= kApart * figure(low).value) return;
    found_.push_back({"siblings-apart",
                      {high, low},
                      Grade::D,
                      fmt::format("{} shows more than {:.0f} times {}, though their packages work "
                                  "alike",
                                  channels_[high].id, kApart, channels_[low].id)});
  }

  std::span<const Channel> channels_;
  const EnergyReport& report_;
  Window window_;
  std::span<const Activity> activities_;
  std::vector<Contradiction> found_;
};

void mark(EnergyFigure& figure, const Contradiction& contradiction) {
  add_flag(figure, contradiction.flag);
  figure.grade = std::max(figure.grade, contradiction.at_best);
  if (!figure.note.empty()) figure.note += "; ";
  figure.note += contradiction.note;
}

}  // namespace

std::vector<Contradiction> find_contradictions(std::span<const Channel> channels,
                                               const EnergyReport& report, Window window,
                                               std::span<const Activity> activities) {
  return Checks(channels, report, window, activities).run();
}

void mark_contradictions(const std::vector<Contradiction>& contradictions, EnergyReport& report) {
  for (const Contradiction& contradiction : contradictions) {
    bool in_total = false;
    for (const std::size_t i : contradiction.channels) {
      ChannelEnergy& channel = report.channels[i];
      mark(channel.energy, contradiction);
      const auto& summed = report.total.coverage;
      in_total |= std::ranges::find(summed, channel.id) != summed.end();
    }
    if (in_total) mark(report.total, contradiction);
  }
}

}  // namespace btrack::power
