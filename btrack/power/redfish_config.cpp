// SPDX-License-Identifier: Apache-2.0
// Reading the Redfish configuration strictly, and nothing of it back out.
#include "btrack/power/redfish_config.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPage = "docs/sensors/redfish.md shows an example";

tl::unexpected<Error> wrong(const fs::path& file, std::string_view what) {
  return fail(ErrorKind::usage, fmt::format("{}: {}", file.string(), what), kPage);
}

/// The content of a file that only its owner may read.
Result<std::string> read_private(const fs::path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return fail(system_error(errno, "read", file));
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(
        ErrorKind::denied,
        fmt::format("{} is open to others than its owner, and is not read for that", file.string()),
        fmt::format("chmod 600 {}", file.string()));
  }
  return read_file(file);
}

struct Keys {
  std::string url, user, password_file, token_file, ca_file, fingerprint;
  bool insecure = false;
  double timeout_s = 5.0;
};

Result<Keys> keys_from(const toml::table& table, const fs::path& file) {
  Keys keys;
  const std::vector<std::pair<std::string, std::string*>> texts = {
      {"url", &keys.url},
      {"user", &keys.user},
      {"password_file", &keys.password_file},
      {"token_file", &keys.token_file},
      {"ca_file", &keys.ca_file},
      {"fingerprint", &keys.fingerprint}};
  std::vector<std::string> known = {"insecure", "timeout_s"};
  for (const auto& [name, into] : texts) known.push_back(name);
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const auto text = std::ranges::find(texts, name, &std::pair<std::string, std::string*>::first);
    if (text != texts.end()) {
      const auto value = node.value_exact<std::string>();
      if (!value) return wrong(file, fmt::format("'{}' must be a string in quotes", name));
      *text->second = *value;
    } else if (name == "insecure") {
      const auto value = node.value_exact<bool>();
      if (!value) return wrong(file, "'insecure' must be true or false");
      keys.insecure = *value;
    } else if (name == "timeout_s") {
      const auto value = node.value<double>();
      if (!value || !(*value >= 0.1 && *value <= 60.0)) {
        return wrong(file, "'timeout_s' must be a number from 0.1 to 60");
      }
      keys.timeout_s = *value;
    } else {
      return wrong(file, fmt::format("there is no key '{}'{}", name, did_you_mean(name, known)));
    }
  }
  return keys;
}

/// "https://HOST[:PORT][/]" and nothing else: no credentials, no path, never plain HTTP.
bool is_https_origin(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return false;
  url.remove_prefix(kScheme.size());
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._:[]").find(c) != std::string_view::npos;
  };
  return !url.empty() && std::ranges::all_of(url, allowed);
}

/// A secret from its file, else from the environment; empty where neither is given.
Result<std::string> secret(const fs::path& file, const ProbeContext& context,
                           const char* variable) {
  if (file.empty()) return environment_variable(context, variable).value_or("");
  const auto content = read_private(file);
  if (!content) return fail(content.error());
  const auto value = trim(*content);
  if (value.empty() || value.find_first_of("\r\n") != std::string_view::npos) {
    return fail(ErrorKind::usage, fmt::format("{} must hold one line", file.string()));
  }
  return std::string(value);
}

fs::path beside(const fs::path& config, const std::string& file) {
  return file.empty() ? fs::path() : config.parent_path() / file;
}

Result<RedfishConfig> config_from(const Keys& keys, const ProbeContext& context) {
  const fs::path& file = context.redfish_config;
  RedfishConfig config;
  std::string_view url = keys.url;
  if (url.ends_with('/')) url.remove_suffix(1);
  // not repeated in the message: it may hold a password
  if (!is_https_origin(url)) return wrong(file, "'url' must be \"https://HOST\" or with a port");
  const int trusts = static_cast<int>(!keys.ca_file.empty()) +
                     static_cast<int>(!keys.fingerprint.empty()) + static_cast<int>(keys.insecure);
  if (trusts > 1) return wrong(file, "give one of 'ca_file', 'fingerprint' and 'insecure'");
  if (!keys.fingerprint.empty() && !keys.fingerprint.starts_with("sha256//")) {
    return wrong(file, "'fingerprint' must be \"sha256//\" and the key's digest in base64");
  }
  auto token = secret(beside(file, keys.token_file), context, "BTRACK_REDFISH_TOKEN");
  if (!token) return fail(token.error());
  auto password = secret(beside(file, keys.password_file), context, "BTRACK_REDFISH_PASSWORD");
  if (!password) return fail(password.error());
  if (token->empty() && (keys.user.empty() || password->empty())) {
    return wrong(file, "'user' with 'password_file', or 'token_file', must be given");
  }
  config.server = {
      std::string(url),           keys.user,        std::move(*password), std::move(*token),
      beside(file, keys.ca_file), keys.fingerprint, keys.insecure};
  config.timeout = Seconds(keys.timeout_s);
  return config;
}

}  // namespace

Result<RedfishConfig> load_redfish_config(const ProbeContext& context) {
  const fs::path& file = context.redfish_config;
  const auto content = read_private(file);
  if (!content) return fail(content.error());
  toml::table table;
  try {
    table = toml::parse(*content);
  } catch (const toml::parse_error& error) {
    // the place and not the words, which may quote what stands there
    return wrong(file, fmt::format("line {} is no TOML", error.source().begin.line));
  }
  const auto keys = keys_from(table, file);
  if (!keys) return fail(keys.error());
  return config_from(*keys, context);
}

}  // namespace btrack::power
