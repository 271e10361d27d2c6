// SPDX-License-Identifier: Apache-2.0
// The few calls of libcurl that are used, and its failures in words.
#include "btrack/power/https_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "btrack/core/shared_library.hpp"

namespace btrack::power {
namespace {

constexpr std::size_t kLongestBody = 1 << 20;  // a chassis has some kilobytes

/// libcurl's functions, by the names it exports.
struct Curl {
  SharedLibrary library;
  decltype(::curl_global_init)* global_init = nullptr;
  decltype(::curl_global_cleanup)* global_cleanup = nullptr;
  decltype(::curl_easy_init)* init = nullptr;
  decltype(::curl_easy_cleanup)* cleanup = nullptr;
  decltype(::curl_easy_setopt)* set = nullptr;
  decltype(::curl_easy_perform)* perform = nullptr;
  decltype(::curl_easy_getinfo)* info = nullptr;
  decltype(::curl_easy_strerror)* words = nullptr;
  decltype(::curl_slist_append)* append = nullptr;
  decltype(::curl_slist_free_all)* free_list = nullptr;
};

Result<Curl> load(std::span<const std::string> names) {
  auto library = SharedLibrary::open(names);
  if (!library) {
    Error error = library.error();
    error.remedy = "install libcurl (Debian: libcurl4)";
    return fail(std::move(error));
  }
  Curl c{std::move(*library)};
  const auto find = [&c](auto& function, const char* name) {
    function =
        c.library.find<std::remove_pointer_t<std::remove_reference_t<decltype(function)>>>(name);
    return function != nullptr;
  };
  const bool complete =
      find(c.global_init, "curl_global_init") && find(c.global_cleanup, "curl_global_cleanup") &&
      find(c.init, "curl_easy_init") && find(c.cleanup, "curl_easy_cleanup") &&
      find(c.set, "curl_easy_setopt") && find(c.perform, "curl_easy_perform") &&
      find(c.info, "curl_easy_getinfo") && find(c.words, "curl_easy_strerror") &&
      find(c.append, "curl_slist_append") && find(c.free_list, "curl_slist_free_all");
  if (!complete) {
    return fail(ErrorKind::unsupported, fmt::format("{} lacks a function", c.library.name()),
                "install libcurl 7.39 or later");
  }
  return c;
}

struct Body {
  std::string text;
  bool too_long = false;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* into) {
  Body& body = *static_cast<Body*>(into);
  const std::size_t length = size * count;
  if (body.text.size() + length > kLongestBody) {
    body.too_long = true;
    return 0;  // ends the transfer
  }
  body.text.append(data, length);
  return length;
}

Error certificate_error(const HttpsServer& server, std::string_view detail) {
  if (!server.fingerprint.empty()) {
    return {ErrorKind::denied,
            fmt::format("{} answers with another key than 'fingerprint' says", server.origin),
            "find out why before you change the fingerprint: somebody may stand in between"};
  }
  return {ErrorKind::denied,
          fmt::format("the certificate of {} is not to be trusted: {}", server.origin, detail),
          "give the BMC's authority as 'ca_file', or the BMC's key as 'fingerprint'"};
}

Error transfer_error(const HttpsServer& server, CURLcode code, std::string_view detail,
                     Seconds timeout) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {
          ErrorKind::timeout,
          fmt::format("{} gave no whole answer within {:.3g} s", server.origin, timeout.count()),
          "see whether the BMC is reachable; 'timeout_s' gives it longer"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_ISSUER_ERROR:
      return certificate_error(server, detail);
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorKind::usage,
              fmt::format("{} is no file of certificates", server.ca_file.string()),
              "give a PEM file as 'ca_file'"};
    case CURLE_SSL_CONNECT_ERROR:
      return {ErrorKind::io, fmt::format("{} speaks no TLS with us: {}", server.origin, detail),
              "see that HTTPS with TLS 1.2 or later is switched on in the BMC"};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return {ErrorKind::not_found, fmt::format("cannot reach {}: {}", server.origin, detail),
              "check 'url', and that the BMC's network is reachable from here"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {ErrorKind::malformed, fmt::format("{} does not speak HTTP", server.origin),
              "check 'url'"};
    default:
      return {ErrorKind::io, fmt::format("no answer from {}: {}", server.origin, detail), {}};
  }
}

std::optional<Error> status_error(const HttpsServer& server, const std::string& path, long status) {
  const auto said = fmt::format("{} answered {} to {}", server.origin, status, path);
  if (status == 200) return std::nullopt;
  if (status == 401) return Error{ErrorKind::denied, said, "check user and password, or the token"};
  if (status == 403) return Error{ErrorKind::denied, said, "give that user the right to read"};
  if (status == 404) return Error{ErrorKind::not_found, said, "this BMC lacks the resource"};
  if (status >= 500) return Error{ErrorKind::io, said, "the BMC is busy or starting; try again"};
  return Error{ErrorKind::unsupported, said, "check 'url'; redirections are not followed"};
}

}  // namespace

struct HttpsClient::State {
  explicit State(Curl functions) : curl(std::move(functions)) { curl.global_init(CURL_GLOBAL_ALL); }
  ~State() {
    if (handle != nullptr) curl.cleanup(handle);
    curl.free_list(headers);
    curl.global_cleanup();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool prepare();

  Curl curl;
  HttpsServer server;
  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
  std::array<char, CURL_ERROR_SIZE> detail{};
  Body body;
  std::optional<Error> refused;  ///< the 401
};

/// The settings that all requests share; false where this libcurl does not know one of them: to go
/// on without a fingerprint's check would be to trust anybody.
bool HttpsClient::State::prepare() {
  bool known = true;
  const auto set = [this, &known](CURLoption option, auto value) {
    known = curl.set(handle, option, value) == CURLE_OK && known;
  };
  set(CURLOPT_NOSIGNAL, 1L);  // no SIGALRM and no SIGPIPE in a program with threads
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_FOLLOWLOCATION, 0L);  // a redirection would carry the credentials elsewhere
  set(CURLOPT_PROXY, "");           // nor may a proxy of the environment see them
  set(CURLOPT_ERRORBUFFER, detail.data());
  set(CURLOPT_WRITEFUNCTION, &take);
  set(CURLOPT_WRITEDATA, &body);
  set(CURLOPT_HTTPHEADER, headers);
  if (server.token.empty()) {
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_USERNAME, server.user.c_str());
    set(CURLOPT_PASSWORD, server.password.c_str());
  }
  if (!server.ca_file.empty()) {
    set(CURLOPT_CAINFO, server.ca_file.c_str());
  } else if (server.insecure || !server.fingerprint.empty()) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!server.fingerprint.empty()) {
    set(CURLOPT_PINNEDPUBLICKEY, server.fingerprint.c_str());
  }
  return known;
}

HttpsClient::HttpsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpsClient::~HttpsClient() = default;

Result<std::unique_ptr<HttpsClient>> HttpsClient::open(HttpsServer server,
                                                       std::span<const std::string> libraries) {
  auto functions = load(libraries);
  if (!functions) return fail(functions.error());
  auto state = std::make_unique<State>(std::move(*functions));
  state->server = std::move(server);
  state->handle = state->curl.init();
  if (state->handle == nullptr) return fail(ErrorKind::io, "libcurl does not start");
  state->headers = state->curl.append(nullptr, "Accept: application/json");
  state->headers = state->curl.append(state->headers, "OData-Version: 4.0");
  if (!state->server.token.empty()) {
    const auto header = "X-Auth-Token: " + state->server.token;
    state->headers = state->curl.append(state->headers, header.c_str());
  }
  if (!state->prepare()) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} lacks a setting that we need", state->curl.library.name()),
                "install libcurl 7.39 or later with TLS");
  }
  return std::unique_ptr<HttpsClient>(new HttpsClient(std::move(state)));
}

Result<std::string> HttpsClient::get(const std::string& path, Seconds timeout) {
  State& s = *state_;
  if (s.refused) return fail(*s.refused);
  const long limit_ms = std::max(1L, std::lround(timeout.count() * 1e3));  // 0 would mean no limit
  s.curl.set(s.handle, CURLOPT_TIMEOUT_MS, limit_ms);
  s.curl.set(s.handle, CURLOPT_CONNECTTIMEOUT_MS, limit_ms);
  s.curl.set(s.handle, CURLOPT_URL, (s.server.origin + path).c_str());
  s.body = {};
  s.detail[0] = '\0';
  const CURLcode code = s.curl.perform(s.handle);
  if (s.body.too_long) {
    return fail(ErrorKind::malformed,
                fmt::format("{} answered more than 1 MiB to {}", s.server.origin, path));
  }
  if (code != CURLE_OK) {
    const std::string_view detail = s.detail[0] != '\0' ? s.detail.data() : s.curl.words(code);
    return fail(transfer_error(s.server, code, detail, timeout));
  }
  long status = 0;
  s.curl.info(s.handle, CURLINFO_RESPONSE_CODE, &status);
  auto error = status_error(s.server, path, status);
  if (status == 401) s.refused = error;
  if (error) return fail(std::move(*error));
  return std::move(s.body.text);
}

}  // namespace btrack::power
