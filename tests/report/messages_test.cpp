// SPDX-License-Identifier: Apache-2.0
// Every text stands in both languages and names the same values.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <stdexcept>

#include "btrack/report/embedded.hpp"
#include "btrack/report/sentence.hpp"

namespace btrack::report {
namespace {

std::set<std::string> names_in(const std::string& text) {
  static const std::regex name(R"(\{(\w+)\})");
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) {
    names.insert((*it)[1]);
  }
  return names;
}

TEST(Messages, BothLanguagesAndTheSameNames) {
  const auto texts = nlohmann::json::parse(embedded::messages_json());
  EXPECT_GT(texts.size(), 100U);
  for (const auto& [key, languages] : texts.items()) {
    const auto en = languages.at("en").get<std::string>();
    const auto ja = languages.at("ja").get<std::string>();
    EXPECT_FALSE(en.empty()) << key;
    EXPECT_FALSE(ja.empty()) << key;
    auto in_en = names_in(en);
    const auto in_ja = names_in(ja);
    in_en.erase("n");  // Japanese may leave out a count that the verdict's sentence implies
    for (const auto& name : in_en) EXPECT_TRUE(in_ja.count(name)) << key << ": {" << name << "}";
  }
}

TEST(Messages, FillsNamesAndRefusesUnknownKeys) {
  const Sentence sentence{"points_gained", {{"value", "1.40"}}};
  EXPECT_EQ(text(sentence, Language::en), "1.40 points");
  EXPECT_EQ(text(sentence, Language::ja), "1.40 ポイント");
  EXPECT_EQ(message("estimate", Language::ja), "推定値");
  EXPECT_THROW(message("no.such.text", Language::en), std::out_of_range);
}

TEST(Messages, LanguagesByNameAndByLocale) {
  EXPECT_EQ(*parse_language("ja"), Language::ja);
  EXPECT_EQ(*parse_language("ja_JP.UTF-8"), Language::ja);
  EXPECT_EQ(*parse_language("en-US"), Language::en);
  ASSERT_FALSE(parse_language("fr"));
  EXPECT_EQ(parse_language("fr").error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace btrack::report
