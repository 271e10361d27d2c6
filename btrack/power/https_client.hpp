// SPDX-License-Identifier: Apache-2.0
// GET over HTTPS with a limit on time and size, by libcurl, which is loaded when somebody asks.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "btrack/core/error.hpp"
#include "btrack/core/quantity.hpp"

namespace btrack::power {

struct HttpsServer {
  std::string origin;  ///< "https://bmc.example:8443", without a slash at the end
  std::string user;
  std::string password;
  std::string token;              ///< X-Auth-Token, in the place of user and password
  std::filesystem::path ca_file;  ///< what the certificate must be signed by; empty: the system's
  std::string fingerprint;  ///< "sha256//BASE64" of the public key, in the place of a signature
  bool insecure = false;    ///< whoever answers is believed
};

/// One connection that is kept. For one thread at a time.
class HttpsClient {
 public:
  /// Connects to nothing yet. Errors: not_found or unsupported for the library.
  static Result<std::unique_ptr<HttpsClient>> open(HttpsServer server,
                                                   std::span<const std::string> libraries);
  ~HttpsClient();
  HttpsClient(const HttpsClient&) = delete;
  HttpsClient& operator=(const HttpsClient&) = delete;

  /// The body of a 200 (at most 1 MiB); everything together takes at most `timeout`. Errors: denied
  /// (certificate, 401, 403), not_found (404, no such host), timeout, malformed (too long, no
  /// HTTP), io. No message holds a credential.
  Result<std::string> get(const std::string& path, Seconds timeout);

 private:
  struct State;
  explicit HttpsClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace btrack::power
