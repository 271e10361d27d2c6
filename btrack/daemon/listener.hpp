// SPDX-License-Identifier: Apache-2.0
// The socket that btrackd listens on: systemd's, or one of its own.
#pragma once

#include <filesystem>
#include <string>

#include "btrack/core/error.hpp"

namespace btrack::daemon {

struct ListenerOptions {
  std::filesystem::path socket;
  std::string group;  ///< who may connect beside root; empty: root alone
};

/// The descriptor of a listening SOCK_SEQPACKET socket that does not block: the one that systemd
/// hands over (sd_listen_fds(3)), else a new one with mode 0660. A socket that nobody listens on is
/// replaced. Errors: usage where another btrackd listens or the group is not there; denied, io.
Result<int> open_listener(const ListenerOptions& options);

}  // namespace btrack::daemon
