// SPDX-License-Identifier: Apache-2.0
// How many terminal columns a text takes, and lines broken to a width, also for Japanese.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace btrack::report {

/// Columns of a UTF-8 text: wide East Asian characters count two, combining marks none.
std::size_t display_width(std::string_view text);

/// Lines of at most `width` columns. Breaks at blanks and between wide characters, never before a
/// closing mark (kinsoku). A word longer than the width stays whole.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace btrack::report
