// SPDX-License-Identifier: Apache-2.0
// The containment graph as an indented list.
#include "btrack/cli/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "btrack/core/text.hpp"
#include "btrack/power/relations.hpp"

namespace btrack::cli {
namespace {

using power::Channel;
using power::ChannelStanding;
using power::Standing;

class Explainer {
 public:
  explicit Explainer(std::span<const Channel> channels)
      : channels_(channels), standings_(power::standings(channels)), told_(channels.size()) {}

  std::string text() {
    section("Summed into the total", Standing::summed);
    section("Shown beside, never added", Standing::beside);
    section("Not used while counters are there", Standing::unused);
    out_ += "Not measured by any of these:\n";
    for (const auto part : power::unmeasured_parts(channels_)) {
      fmt::format_to(std::back_inserter(out_), "  {}\n", power::unmeasured_part_name(part));
    }
    return std::move(out_);
  }

 private:
  void section(std::string_view title, Standing standing) {
    const auto is = [standing](const ChannelStanding& s) { return s.standing == standing; };
    if (std::ranges::none_of(standings_, is)) return;
    fmt::format_to(std::back_inserter(out_), "{}:\n", title);
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      if (is(standings_[i])) tell(i, 1);
    }
  }

  void tell(std::size_t i, int depth) {
    if (told_[i]) return;
    told_[i] = true;
    const Channel& c = channels_[i];
    const auto* relation = standings_[i].standing == Standing::duplicate ? "same counter: "
                           : depth > 1                                   ? "inside: "
                                                                         : "";
    fmt::format_to(std::back_inserter(out_), "{:{}}{}{}  {}, every {} ms\n", "", 2 * depth,
                   relation, c.id, c.label, significant(c.update_period.count() * 1e3));
    if (standings_[i].standing != Standing::duplicate) tell_gain(c, depth);
    for (std::size_t j = 0; j < channels_.size(); ++j) {
      if (channels_[j].duplicate_of == c.id && !counted_alone(j)) tell(j, depth + 1);
    }
    for (std::size_t j = 0; j < channels_.size(); ++j) {
      if (channels_[j].part_of == c.id && !counted_alone(j)) tell(j, depth + 1);
    }
  }

  void tell_gain(const Channel& c, int depth) {
    fmt::format_to(std::back_inserter(out_), "{:{}}truth = this x {} to {} (95 %){}{}\n", "",
                   2 * depth + 4, significant(c.gain.low), significant(c.gain.high),
                   c.gain_source.empty() ? "" : ": ", c.gain_source);
  }

  /// Listed on its own, though something around it is listed, too (a node that is shown beside).
  [[nodiscard]] bool counted_alone(std::size_t i) const {
    return standings_[i].standing == Standing::summed;
  }

  std::span<const Channel> channels_;
  std::vector<ChannelStanding> standings_;
  std::vector<bool> told_;
  std::string out_;
};

}  // namespace

std::string explanation(std::span<const Channel> channels) { return Explainer(channels).text(); }

}  // namespace btrack::cli
