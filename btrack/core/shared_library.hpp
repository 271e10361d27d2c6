// SPDX-License-Identifier: Apache-2.0
// A library that is loaded while the program runs, so that one program runs with and without it.
#pragma once

#include <span>
#include <string>

#include "btrack/core/error.hpp"

namespace btrack {

/// Keeps the library loaded while it lives.
class SharedLibrary {
 public:
  /// The first of `names` (file names for dlopen(3), or paths) that loads. Errors: not_found where
  /// none is there; unsupported where one is there and does not load, with the loader's reason.
  static Result<SharedLibrary> open(std::span<const std::string> names);
  ~SharedLibrary();
  SharedLibrary(SharedLibrary&& other) noexcept;
  SharedLibrary& operator=(SharedLibrary&& other) noexcept;
  SharedLibrary(const SharedLibrary&) = delete;
  SharedLibrary& operator=(const SharedLibrary&) = delete;

  /// The function of that name as a pointer to `Function`, or null: older libraries lack newer
  /// calls.
  template <class Function>
  [[nodiscard]] Function* find(const char* symbol) const {
    return reinterpret_cast<Function*>(address(symbol));
  }
  /// The name or path by which it was found.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  SharedLibrary(void* handle, std::string name) : handle_(handle), name_(std::move(name)) {}
  [[nodiscard]] void* address(const char* symbol) const;
  void* handle_;
  std::string name_;
};

}  // namespace btrack
