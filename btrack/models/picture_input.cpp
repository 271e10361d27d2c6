// SPDX-License-Identifier: Apache-2.0
// Pictures from their bytes to a batch, as a data loader does it.
#include "btrack/models/picture_input.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>

#include "btrack/core/file.hpp"
#include "btrack/models/device.hpp"
#include "btrack/models/files.hpp"
#include "btrack/models/readers/images.hpp"

namespace btrack::models {
namespace pictures {

/// So many batches' worth of pictures, evenly from the whole folder.
constexpr std::int64_t kBatches = 8;

Result<void> check(const results::Settings& settings) {
  if (auto fits = check_inference_only(settings, "the work on pictures"); !fits) return fits;
  if (settings.data.empty()) {
    return fail(ErrorKind::usage, fmt::format("{} has no pictures of its own", settings.workload),
                "name a folder of classes with JPEG or PNG files: --data FOLDER");
  }
  if (settings.device == "cpu") return {};
  return fail(
      ErrorKind::unsupported,
      fmt::format("{} decodes on the processor, not on {}", settings.workload, settings.device),
      "use --device cpu");
}

}  // namespace pictures

Result<InferenceWorkloadPtr> PictureInput::prepare(results::Settings settings) {
  if (auto fits = pictures::check(settings); !fits) return fail(fits.error());
  if (const auto place = choose_place(settings); !place) return fail(place.error());
  if (settings.infer_batch == 0) settings.infer_batch = kPictureInput.batch;
  std::unique_ptr<PictureInput> made(new PictureInput(std::move(settings)));
  if (auto loaded = made->load(); !loaded) return fail(loaded.error());
  return made;
}

Result<void> PictureInput::load() {
  auto folders = list_pictures(settings_.data);
  if (!folders) return fail(folders.error());
  auto& files = folders->train.files;
  files.insert(files.end(), folders->test.files.begin(), folders->test.files.end());
  const auto all = static_cast<std::int64_t>(files.size());
  const std::int64_t taken = std::min(all, pictures::kBatches * settings_.infer_batch);
  for (std::int64_t i = 0; i < taken; ++i) {
    const auto& path = files[static_cast<std::size_t>(i * all / taken)].path;
    auto bytes = read_file(path);
    if (!bytes) return fail(bytes.error());
    const auto picture = decode_picture(*bytes, path.string());
    if (!picture) return fail(picture.error());
    pixels_ += picture->height * picture->width;
    pictures_.push_back({path.string(), std::move(*bytes)});
  }
  return {};
}

bench::Hello PictureInput::hello() const {
  const auto count = static_cast<std::int64_t>(pictures_.size());
  std::int64_t bytes = 0;
  for (const auto& picture : pictures_) bytes += static_cast<std::int64_t>(picture.bytes.size());
  bench::Hello hello;
  hello.workload = kPictureInput.name;
  hello.family = kPictureInput.family;
  hello.item_unit = kPictureInput.item_unit;
  hello.batch = hello.infer_batch = settings_.infer_batch;
  hello.provenance = library_facts(at::kCPU);
  hello.provenance["input.pictures"] = std::to_string(count);
  hello.provenance["input.mean_bytes"] = std::to_string(bytes / count);
  hello.provenance["input.mean_pixels"] = std::to_string(pixels_ / count);
  return hello;
}

Result<void> PictureInput::run_batches(std::int64_t samples, const Advance& advance) {
  const std::int64_t count = samples > 0 ? samples : settings_.infer_batch;
  constexpr std::int64_t kSide = kPictureInput.side;
  const at::Tensor batch = at::empty({count, 3, kSide, kSide});
  for (std::int64_t done = 0;; done += count) {
    at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const auto& encoded = pictures_[static_cast<std::size_t>(done + i) % pictures_.size()];
        auto picture = decode_picture(encoded.bytes, encoded.name);  // it could be, before
        batch.narrow(0, i, 1).copy_(fit_picture(picture.value(), kSide, kSide));
      }
    });
    if (!advance(done + count)) return {};
  }
}

}  // namespace btrack::models
