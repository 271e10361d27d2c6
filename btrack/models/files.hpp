// SPDX-License-Identifier: Apache-2.0
// From the files of a data set to training and test items: which format it is, and what it means
// to the model.
#pragma once

#include <filesystem>

#include "btrack/models/data.hpp"

namespace btrack::models {

/// What `settings.data` names, or the row's own data set. Formats, told apart by what is there:
/// IDX files, CIFAR's binary files, folders of pictures, files of tokens, CSV. Pixels of a model
/// that takes values from 0 to 255 stay so; other values are scaled by the mean and deviation of
/// the training items. Errors name the file, and how to get what is missing.
Result<DataSet> load_files(const Selection& selected, const results::Settings& settings);

/// The parts of load_files: images, with labels below config.classes, unscaled.
Result<DataSet> load_idx(const std::filesystem::path& folder, const Config& config);
Result<DataSet> load_cifar(const std::filesystem::path& folder, const Config& config);
/// Each picture is resized to cover the model's input and cut to it in the middle.
Result<DataSet> load_pictures(const std::filesystem::path& root, const Config& config);

struct Picture;
/// 1 x 3 x height x width floats from 0 to 255: resized with anti-aliasing until it covers that,
/// then cut in the middle.
at::Tensor fit_picture(Picture& picture, std::int64_t height, std::int64_t width);

/// An error (malformed) where a label is outside 0 .. classes - 1.
Result<void> check_labels(const at::Tensor& labels, std::int64_t classes,
                          const std::filesystem::path& path);

}  // namespace btrack::models
