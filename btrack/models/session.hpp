// SPDX-License-Identifier: Apache-2.0
// The worker's side of the protocol: commands in, one workload, events out.
#pragma once

namespace btrack::models {

/// Serves the runner at the other end of `fd` until it says stop or goes away. The exit code: 0,
/// or 3 after a `failed` event.
int serve(int fd);

}  // namespace btrack::models
