// SPDX-License-Identifier: Apache-2.0
// The texts of data/messages.json, which is inside the program.
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "btrack/core/text.hpp"
#include "btrack/report/embedded.hpp"
#include "btrack/report/sentence.hpp"

namespace btrack::report {
namespace {

using Texts = std::map<std::string, std::array<std::string, 2>, std::less<>>;

Texts parse_texts() {
  Texts texts;
  const auto json = nlohmann::json::parse(embedded::messages_json());
  for (const auto& [key, languages] : json.items()) {
    texts[key] = {languages.at("en").get<std::string>(), languages.at("ja").get<std::string>()};
  }
  return texts;
}

const Texts& texts() {
  static const Texts parsed = parse_texts();
  return parsed;
}

}  // namespace

Result<Language> parse_language(std::string_view text) {
  // "ja_JP.UTF-8" of LANG counts as "ja".
  const std::string_view name = text.substr(0, text.find_first_of("_-."));
  if (name == "en") return Language::en;
  if (name == "ja") return Language::ja;
  return fail(ErrorKind::usage, "unknown language '" + std::string(text) + "'",
              "Use 'en' or 'ja'.");
}

std::string_view message(std::string_view key, Language language) {
  const auto found = texts().find(key);
  if (found == texts().end()) {
    throw std::out_of_range("no text '" + std::string(key) + "' in data/messages.json");
  }
  return found->second[language == Language::ja ? 1 : 0];
}

std::string text(std::string_view key, Language language) {
  return std::string(message(key, language));
}

std::string text(const Sentence& sentence, Language language) {
  const std::string_view pattern = message(sentence.key, language);
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const auto open = pattern.find('{', at);
    const auto close = open == std::string_view::npos ? open : pattern.find('}', open);
    if (close == std::string_view::npos) return out.append(pattern.substr(at));
    out.append(pattern.substr(at, open - at));
    const auto value =
        sentence.values.find(std::string(pattern.substr(open + 1, close - open - 1)));
    if (value != sentence.values.end()) out.append(value->second);
    at = close + 1;
  }
  return out;
}

}  // namespace btrack::report
