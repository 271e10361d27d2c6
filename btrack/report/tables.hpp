// SPDX-License-Identifier: Apache-2.0
// The tables of a report as finished texts, shared by console, Markdown and the page without
// scripts.
#pragma once

#include <string>
#include <vector>

#include "btrack/report/view.hpp"

namespace btrack::report {

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

Table comparison_table(const View& view, const Report& report);
/// Which columns of comparison_table to give up first where the width is short.
std::vector<std::size_t> dispensable_columns();
/// Prompts and answers of decoders, a line for each phase; no line where there are none.
Table generation_table(const View& view, const Report& report);
/// Which of its columns to give up first.
std::vector<std::size_t> dispensable_generation_columns();
/// Load scenarios, a line for each; no line where there are none.
Table latency_table(const View& view, const Report& report);
/// Which of its columns to give up first.
std::vector<std::size_t> dispensable_latency_columns();
Table steps_table(const View& view, Language language);
/// Empty where there is nothing to compare.
Table scaling_table(const View& view, Language language);
/// Empty where nothing was trained to a target.
Table target_table(const View& view, Language language);

/// "E estimate": the grades that occur, with their words.
std::string grades_legend(const View& view, Language language);
/// The note under the steps: differences of point values, and of estimates where they are.
std::string steps_note(const View& view, Language language);

}  // namespace btrack::report
