// SPDX-License-Identifier: Apache-2.0
// Strict reading of one JSON object; private to this room. The first problem is kept, like the
// state of a stream, so that a decoder reads straight down and asks once at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "btrack/core/error.hpp"

namespace btrack::results {

/// Shared by the readers of one document.
struct DecodeState {
  std::optional<Error> problem;
  void complain(ErrorKind kind, std::string message, std::string remedy = {});
};

class JsonReader {
 public:
  /// `where` is the object's path for messages: "windows[3].energy".
  JsonReader(const nlohmann::json& object, std::string where, DecodeState& state);

  [[nodiscard]] std::int64_t integer(const char* key);
  [[nodiscard]] std::uint64_t natural(const char* key);
  /// A JSON number, or "inf", "-inf", "nan" (see json_real).
  [[nodiscard]] double real(const char* key);
  [[nodiscard]] std::string text(const char* key);
  /// For a key that older documents do not have.
  [[nodiscard]] std::string text_or(const char* key, std::string_view absent);
  /// True or false; the same.
  [[nodiscard]] bool flag_or(const char* key, bool absent);
  [[nodiscard]] std::vector<std::string> texts(const char* key);
  /// False where the value is null; missing keys are still a problem.
  [[nodiscard]] bool present(const char* key);
  /// False where the key is missing (a record of an older version) or null.
  [[nodiscard]] bool has(const char* key) const;
  void object(const char* key, const std::function<void(JsonReader&)>& read);
  void objects(const char* key, const std::function<void(JsonReader&)>& read);
  /// A list of lists of two whole numbers; `read` says false of a pair that cannot be.
  void pairs(const char* key, const std::function<bool(std::int64_t, std::int64_t)>& read);
  /// Calls `read(key, value)` for each member of an object of texts.
  void text_map(const char* key,
                const std::function<void(const std::string&, const std::string&)>& read);

  void complain(const char* key, std::string_view expected);

 private:
  const nlohmann::json* find(const char* key);
  [[nodiscard]] std::string path(const char* key) const;

  const nlohmann::json& object_;
  std::string where_;
  DecodeState& state_;
};

/// The document as an object, read by `read`; or the first problem. `what` names it in messages.
Result<void> decode_object(std::string_view json, std::string_view what,
                           const std::function<void(JsonReader&, DecodeState&)>& read);
/// The same for an array of objects.
Result<void> decode_objects(std::string_view json, std::string_view what,
                            const std::function<void(JsonReader&)>& read);

/// JSON has no infinity: those three values travel as text.
nlohmann::json json_real(double value);
/// One line of JSON; bytes that are no UTF-8 become U+FFFD.
std::string json_text(const nlohmann::ordered_json& value);

}  // namespace btrack::results
