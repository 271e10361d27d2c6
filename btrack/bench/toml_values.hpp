// SPDX-License-Identifier: Apache-2.0
// Strict values of TOML files: every value has its type and range. For .cpp files only: toml++ is
// heavy.
#pragma once

#include <fmt/format.h>

#include <toml++/toml.h>
#include <filesystem>
#include <string>
#include <string_view>

#include "btrack/core/error.hpp"
#include "btrack/core/file.hpp"

namespace btrack::bench::values {

/// Thrown while a table is read; read_toml turns it into an Error.
struct Wrong {
  toml::source_region where;
  std::string message;
};

std::int64_t whole_number(const toml::node& node, std::string_view key, std::int64_t least);
double number(const toml::node& node, std::string_view key, double least, double most);
std::string text(const toml::node& node, std::string_view key);
std::string one_of(const toml::node& node, std::string_view key,
                   std::initializer_list<std::string_view> words);
Error wrong_file(const std::filesystem::path& file, const toml::source_region& where,
                 std::string_view what, std::string_view remedy);

/// What `read` makes of the file's table. Errors (usage) name the file, the line and what was
/// expected there.
template <class Read>
auto read_toml(const std::filesystem::path& file, std::string_view remedy, const Read& read)
    -> Result<decltype(read(toml::table{}))> {
  const auto content = read_file(file);
  if (!content) return fail(content.error());
  try {
    return read(toml::parse(*content, file.string()));
  } catch (const toml::parse_error& error) {
    return fail(wrong_file(file, error.source(),
                           fmt::format("not valid TOML: {}", error.description()), remedy));
  } catch (const Wrong& wrong) {
    return fail(wrong_file(file, wrong.where, wrong.message, remedy));
  }
}

}  // namespace btrack::bench::values
