// SPDX-License-Identifier: Apache-2.0
// Writes small IDX files for tests, and a folder that disappears with its owner.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace btrack::models::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "btrack-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string idx_bytes(std::uint8_t type, const std::vector<std::uint32_t>& shape,
                             const std::string& elements) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
  for (const auto size : shape) {
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(size >> shift & 0xFF);
  }
  return bytes + elements;
}

inline void write_raw(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline void write_gzip(const std::filesystem::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

/// `items` images of 28x28 whose label can be read off them: a bright band at row 2 x label.
inline void write_split(const std::filesystem::path& folder, const std::string& stem,
                        std::uint32_t items) {
  std::string pixels;
  std::string labels;
  std::uint32_t noise = 12345;
  for (std::uint32_t i = 0; i < items; ++i) {
    const auto label = static_cast<std::uint8_t>(i % 10);
    labels += static_cast<char>(label);
    for (std::uint32_t p = 0; p < 784; ++p) {
      noise = noise * 1664525U + 1013904223U;
      const bool bright = p / 28 / 2 == label;
      pixels += static_cast<char>(bright ? 200 + (noise >> 27) : noise >> 26);
    }
  }
  write_raw(folder / (stem + "-images-idx3-ubyte"), idx_bytes(0x08, {items, 28, 28}, pixels));
  write_raw(folder / (stem + "-labels-idx1-ubyte"), idx_bytes(0x08, {items}, labels));
}

}  // namespace btrack::models::testing
