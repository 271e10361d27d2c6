// SPDX-License-Identifier: Apache-2.0
// Shapes that LibTorch's meta device does not know by itself.
#pragma once

namespace btrack::models {

/// Teaches the meta device convolution, batch normalisation and attention, which LibTorch has for
/// it in Python only. An operator that a new network misses there gets its kernel here. Once for
/// the process; more calls do nothing.
void complete_meta_device();

}  // namespace btrack::models
