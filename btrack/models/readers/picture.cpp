// SPDX-License-Identifier: Apache-2.0
// Decodes one JPEG (libjpeg-turbo) or PNG (libpng) into planes.
#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>

#include <memory>
#include <optional>
#include <string_view>

#include "btrack/core/file.hpp"
#include "btrack/models/readers/images.hpp"

namespace btrack::models {
namespace {

constexpr std::int64_t kMostPixelsAside = 32'768;

/// Interleaved red, green, blue.
struct Interleaved {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> pixels;
};

/// Errors are the decoder's own words.
using Decoded = tl::expected<Interleaved, std::string>;

std::optional<std::string> refused(std::int64_t height, std::int64_t width) {
  if (height > 0 && width > 0 && height <= kMostPixelsAside && width <= kMostPixelsAside) {
    return std::nullopt;
  }
  return fmt::format("{} x {} pixels are more than {} a side", width, height, kMostPixelsAside);
}

Decoded decode_jpeg(const std::string& bytes) {
  struct Destroy {
    void operator()(void* handle) const { tjDestroy(handle); }
  };
  const std::unique_ptr<void, Destroy> decoder(tjInitDecompress());
  if (!decoder) return tl::make_unexpected(std::string("libjpeg-turbo does not start"));
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  const auto why = [&] { return tl::make_unexpected(std::string(tjGetErrorStr2(decoder.get()))); };
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling,
                          &colours) != 0) {
    return why();
  }
  if (auto reason = refused(height, width)) return tl::make_unexpected(*reason);
  Interleaved image{height, width, std::vector<std::uint8_t>(3UL * width * height)};
  if (tjDecompress2(decoder.get(), data, bytes.size(), image.pixels.data(), width, 0, height,
                    TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) != 0) {
    return why();
  }
  return image;
}

Decoded decode_png(const std::string& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const auto why = [&] {
    std::string text = image.message;
    png_image_free(&image);
    return tl::make_unexpected(std::move(text));
  };
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) return why();
  if (auto reason = refused(image.height, image.width)) {
    png_image_free(&image);
    return tl::make_unexpected(*reason);
  }
  image.format = PNG_FORMAT_RGB;
  Interleaved decoded{image.height, image.width, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  const png_color black{};
  if (png_image_finish_read(&image, &black, decoded.pixels.data(), 0, nullptr) == 0) return why();
  return decoded;
}

Picture planes_of(const Interleaved& image) {
  Picture picture{image.height, image.width, std::vector<std::uint8_t>(image.pixels.size())};
  const std::size_t plane = image.pixels.size() / 3;
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) picture.planes[c * plane + i] = image.pixels[3 * i + c];
  }
  return picture;
}

}  // namespace

Result<Picture> decode_picture(const std::string& bytes, const std::string& name) {
  const bool jpeg = std::string_view(bytes).starts_with("\xFF\xD8");
  const bool png = std::string_view(bytes).starts_with("\x89PNG");
  if (!jpeg && !png) {
    return fail(ErrorKind::malformed, fmt::format("{}: neither a JPEG nor a PNG", name),
                "remove it from the folder, or convert it");
  }
  const Decoded decoded = jpeg ? decode_jpeg(bytes) : decode_png(bytes);
  if (decoded) return planes_of(*decoded);
  return fail(
      ErrorKind::malformed,
      fmt::format("{}: the {} is broken ({})", name, jpeg ? "JPEG" : "PNG", decoded.error()),
      "remove it from the folder, or fetch it again");
}

Result<Picture> read_picture(const std::filesystem::path& file) {
  const auto bytes = read_file(file);
  if (!bytes) return fail(bytes.error());
  return decode_picture(*bytes, file.string());
}

}  // namespace btrack::models
