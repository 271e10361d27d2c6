// SPDX-License-Identifier: Apache-2.0
// Model-specific registers of one CPU, through /dev/cpu/N/msr.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "btrack/core/error.hpp"

namespace btrack::power {

/// An open register file: the register's number is the offset of an 8-byte read (msr(4)).
class MsrFile {
 public:
  static Result<MsrFile> open(const std::filesystem::path& device_root, int cpu);
  MsrFile(MsrFile&& other) noexcept;
  MsrFile& operator=(MsrFile&& other) noexcept;
  ~MsrFile();

  /// Nothing where the processor has no such register (EIO) or the CPU is off.
  [[nodiscard]] std::optional<std::uint64_t> read(std::uint32_t address) const;

 private:
  explicit MsrFile(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace btrack::power
