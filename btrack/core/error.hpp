// SPDX-License-Identifier: Apache-2.0
// Absence and refusal as values: what is wrong, where, and what to do about it.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace btrack {

enum class ErrorKind {
  usage,          ///< what the user typed or wrote in a file
  not_found,      ///< a file, device, data set or program is not there
  denied,         ///< it is there, and we may not
  unsupported,    ///< this machine or build cannot
  malformed,      ///< the bytes are not what the format says
  io,             ///< the system refused to read or write
  timeout,        ///< no answer in time
  crashed,        ///< a program ended by a signal or broke its protocol
  out_of_memory,  ///< killed or refused for memory
  interrupted,    ///< the user stopped it
  incomplete,     ///< finished, with parts missing
};

/// One sentence for a person, and one on the remedy (may be empty).
struct Error {
  ErrorKind kind = ErrorKind::io;
  std::string message;
  std::string remedy;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string remedy = {}) {
  return tl::make_unexpected(Error{kind, std::move(message), std::move(remedy)});
}

inline tl::unexpected<Error> fail(Error error) { return tl::make_unexpected(std::move(error)); }

/// The stable name of a kind in JSON and in the store, such as "out_of_memory".
std::string_view error_kind_name(ErrorKind kind);
/// The kind of that name; `crashed` for a name this version does not know.
ErrorKind error_kind_from(std::string_view name);

}  // namespace btrack
