// SPDX-License-Identifier: Apache-2.0
// Width of text on a terminal.
#include "btrack/report/width.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace btrack::report {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Blocks whose characters are W or F in Unicode's EastAsianWidth.txt (UAX #11), emoji included.
constexpr std::array<Range, 13> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0x33FF},
                                       {0x3400, 0x4DBF},
                                       {0x4E00, 0x9FFF},
                                       {0xA000, 0xA4CF},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1FAFF},
                                       {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 4> kZero{
    {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}}};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

std::size_t width_of(char32_t c) {
  if (in(kZero, c)) return 0;
  return in(kWide, c) ? 2 : 1;
}

struct Character {
  std::string_view bytes;
  char32_t code = 0;
};

/// The first character of a non-empty text; a broken byte counts as one character.
Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if ((lead >= 0x80 && lead < 0xC0) || length > text.size()) length = 1;
  if (length == 1) return {text.substr(0, 1), lead};
  char32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {text.substr(0, length), code};
}

/// Closing marks may not start a line (JIS X 4051, the common part).
bool may_start_line(char32_t c) {
  constexpr std::u32string_view kClosing = U"、。，．：；？！）」』】〉》・ー々％)],.:;?!%";
  return kClosing.find(c) == std::u32string_view::npos;
}

/// Pieces between which a line may be broken; blanks stay at the end of their piece.
std::vector<std::string> pieces_of(std::string_view text) {
  std::vector<std::string> pieces;
  bool may_break = true;
  bool after_wide = false;
  while (!text.empty()) {
    const Character c = first_character(text);
    text.remove_prefix(c.bytes.size());
    const bool wide = width_of(c.code) == 2;
    const bool breaks =
        may_break || ((wide || after_wide) && c.code != U' ' && may_start_line(c.code));
    if (breaks || pieces.empty()) {
      pieces.emplace_back();
    }
    pieces.back().append(c.bytes);
    may_break = c.code == U' ';
    after_wide = wide && c.code != U'（' && c.code != U'「';
  }
  return pieces;
}

std::string_view without_end_blanks(std::string_view text) {
  const auto last = text.find_last_not_of(' ');
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character c = first_character(text);
    width += width_of(c.code);
    text.remove_prefix(c.bytes.size());
  }
  return width;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  for (const std::string& piece : pieces_of(text)) {
    if (!line.empty() && display_width(line) + display_width(without_end_blanks(piece)) > width) {
      lines.emplace_back(without_end_blanks(line));
      line.clear();
    }
    line += piece;
  }
  if (!line.empty()) lines.emplace_back(without_end_blanks(line));
  return lines;
}

}  // namespace btrack::report
