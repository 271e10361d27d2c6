// SPDX-License-Identifier: Apache-2.0
// The store's schema as numbered forward migrations; private to this room.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace btrack::results {

/// "BTRK" in ASCII, in the file's header (PRAGMA application_id): tells our files from others'.
inline constexpr std::int64_t kApplicationId = 0x4254524B;

/// Migration i brings PRAGMA user_version from i to i + 1. Never edit one that was released.
std::span<const std::string_view> migrations();

}  // namespace btrack::results
