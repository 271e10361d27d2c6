// SPDX-License-Identifier: Apache-2.0
// Which build this is.
#pragma once

#include <string>

namespace btrack::bench {

std::string version();  ///< "0.1.0"
std::string
commit();  ///< "1a2b3c4", with "-dirty" where the tree had changes; "unknown" without git
std::string compiler();  ///< "GNU 12.2.0 Release"

}  // namespace btrack::bench
