// SPDX-License-Identifier: Apache-2.0
// dlopen(3), dlsym(3), and what their errors mean.
#include "btrack/core/shared_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "btrack/core/text.hpp"

namespace btrack {

Result<SharedLibrary> SharedLibrary::open(std::span<const std::string> names) {
  std::string broken;
  for (const auto& name : names) {
    // RTLD_LOCAL: vendor libraries bring symbols of their own that must not replace ours.
    if (void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      return SharedLibrary(handle, name);
    }
    const char* said = ::dlerror();
    const std::string_view reason = said == nullptr ? "no reason given" : said;
    const bool absent =
        reason.find("No such file") != std::string_view::npos && reason.starts_with(name);
    if (!absent && broken.empty()) broken = reason;
  }
  if (!broken.empty()) return fail(ErrorKind::unsupported, broken);
  return fail(ErrorKind::not_found, fmt::format("there is no {}", join(names, " or ")));
}

SharedLibrary::~SharedLibrary() {
  if (handle_ != nullptr) ::dlclose(handle_);
}

SharedLibrary::SharedLibrary(SharedLibrary&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), name_(std::move(other.name_)) {}

SharedLibrary& SharedLibrary::operator=(SharedLibrary&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(name_, other.name_);
  return *this;
}

void* SharedLibrary::address(const char* symbol) const { return ::dlsym(handle_, symbol); }

}  // namespace btrack
