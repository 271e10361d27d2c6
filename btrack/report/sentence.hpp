// SPDX-License-Identifier: Apache-2.0
// A statement that exists in every language: a key of data/messages.json and the values to fill in.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "btrack/report/report.hpp"

namespace btrack::report {

/// Values are finished texts with their units ("91.2 %"), the same in every language.
struct Sentence {
  std::string key;
  std::map<std::string, std::string> values;
};

std::string text(const Sentence& sentence, Language language);
std::string text(std::string_view key, Language language);

}  // namespace btrack::report
