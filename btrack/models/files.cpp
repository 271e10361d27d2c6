// SPDX-License-Identifier: Apache-2.0
// Tells formats apart, reads tables and tokens, and scales what a model wants scaled.
#include "btrack/models/files.hpp"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/isin.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "btrack/models/readers/csv.hpp"
#include "btrack/models/readers/images.hpp"
#include "btrack/models/readers/tokens.hpp"

namespace btrack::models {
namespace files {

namespace fs = std::filesystem;

constexpr const char* kFashionMnist = "/usr/share/datasets/fashion-mnist";
constexpr const char* kDigits =
    "/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz";
/// The last rows of a table are its test set, as scikit-learn's examples part the digits.
constexpr std::int64_t kTestShare = 5;

bool is(const fs::path& path, fs::file_type type) {
  std::error_code ignored;
  return fs::status(path, ignored).type() == type;
}

bool has_folders(const fs::path& path) {
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is(entry->path(), fs::file_type::directory)) return true;
  }
  return false;
}

/// One input of whole numbers, such as a language model takes.
bool takes_tokens(const Config& config) {
  return config.inputs.size() == 1 && config.inputs[0].type == DataType::i64;
}

Result<Split> sequences(const fs::path& file, const Config& config) {
  const std::int64_t length = config.inputs[0].shape()[0];
  auto tokens = read_tokens(file, static_cast<std::int64_t>(config.inputs[0].high));
  if (!tokens) return fail(tokens.error());
  const std::int64_t items = (static_cast<std::int64_t>(tokens->size()) - 1) / length;
  if (items < 1) {
    return fail(ErrorKind::malformed,
                fmt::format("{}: {} tokens are too few for one sequence of {} and its successor",
                            file.string(), tokens->size(), length),
                "name a larger file, or a variant with shorter sequences");
  }
  const at::Tensor all = at::tensor(*tokens, at::kLong);
  const auto cut = [&](std::int64_t begin) {
    return all.narrow(0, begin, items * length).view({items, length}).clone();
  };
  return Split{{cut(0)}, cut(1)};
}

Result<DataSet> load_tokens(const fs::path& folder, const Config& config) {
  if (config.inputs[0].rank != 1) {
    return fail(ErrorKind::unsupported,
                fmt::format("{}: this model does not take sequences of tokens", folder.string()));
  }
  auto train = sequences(folder / "train.bin", config);
  if (!train) return fail(train.error());
  auto test = sequences(folder / "val.bin", config);
  if (!test) return fail(test.error());
  return DataSet{std::move(*train), std::move(*test)};
}

/// Rows [begin, end) as items of the model's shape.
Split rows_of(const Table& table, std::int64_t begin, std::int64_t end, const InputSpec& input) {
  std::vector<std::int64_t> shape{end - begin};
  shape.insert(shape.end(), input.shape().begin(), input.shape().end());
  const auto* first = table.values.data() + begin * table.width;
  const std::vector<std::int64_t> labels(table.labels.begin() + begin, table.labels.begin() + end);
  return {
      {at::tensor(at::ArrayRef<float>(first, static_cast<std::size_t>((end - begin) * table.width)))
           .view(shape)},
      at::tensor(labels, at::kLong)};
}

Result<DataSet> load_table(const fs::path& file, const Config& config, const std::string& label) {
  auto table = read_csv(file, label);
  if (!table) return fail(table.error());
  std::int64_t wanted = 1;
  for (const auto size : config.inputs[0].shape()) wanted *= size;
  if (table->width != wanted || config.inputs.size() != 1) {
    return fail(ErrorKind::malformed,
                fmt::format("{}: {} values a row where the model takes {}", file.string(),
                            table->width, wanted),
                "take a model, or a variant of it, for these items (`btrack list`)");
  }
  const auto items = static_cast<std::int64_t>(table->labels.size());
  const std::int64_t test = (items + kTestShare - 1) / kTestShare;
  if (items == test) {
    return fail(ErrorKind::malformed, fmt::format("{}: one row is too few", file.string()));
  }
  DataSet data{rows_of(*table, 0, items - test, config.inputs[0]),
               rows_of(*table, items - test, items, config.inputs[0])};
  for (const auto* split : {&data.train, &data.test}) {
    if (auto sound = check_labels(split->targets, config.classes, file); !sound) {
      return fail(sound.error());
    }
  }
  if (!at::isin(data.test.targets, data.train.targets).all().item<bool>()) {
    return fail(ErrorKind::malformed,
                fmt::format("{}: a class is only among the last {} rows, which are the test",
                            file.string(), test),
                "shuffle the rows of the file");
  }
  return data;
}

/// To mean 0 and deviation 1 over all values of the training items; tables column by column.
void scale(DataSet& data, bool by_column) {
  const at::Tensor& known = data.train.inputs[0];
  const at::Tensor mean = by_column ? known.mean(0, true) : known.mean();
  const at::Tensor spread = by_column ? known.std(0, true, true) : known.std();
  const at::Tensor deviation = at::where(spread.gt(1e-6), spread, spread.new_ones({}));
  for (auto* split : {&data.train, &data.test}) split->inputs[0].sub_(mean).div_(deviation);
}

fs::path place_of(const Selection& selected, const results::Settings& settings) {
  if (!settings.data.empty()) return settings.data;
  return selected.source() == Source::digits ? kDigits : kFashionMnist;
}

Result<DataSet> load(const fs::path& path, const Selection& selected,
                     const results::Settings& settings) {
  const Config& config = selected.config;
  if (selected.model->task == Task::language_model && takes_tokens(config)) {
    return load_tokens(path, config);
  }
  if (selected.model->task != Task::classification || takes_tokens(config)) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} cannot be trained on files: its task is {}", selected.model->name,
                            task_name(selected.model->task)),
                "leave --data out: it runs on generated items");
  }
  if (is(path, fs::file_type::regular) || path.extension() == ".csv") {
    return load_table(path, config, settings.label_column);
  }
  if (is_cifar_folder(path)) return load_cifar(path, config);
  if (has_folders(path)) return load_pictures(path, config);
  return load_idx(path, config);
}

}  // namespace files

Result<DataSet> load_files(const Selection& selected, const results::Settings& settings) {
  const std::filesystem::path path = files::place_of(selected, settings);
  auto data = files::load(path, selected, settings);
  if (!data) return data;
  const InputSpec& input = selected.config.inputs[0];
  const bool standard_normal = input.type == DataType::f32 && input.low == input.high;
  const bool table = files::is(path, files::fs::file_type::regular);
  if (standard_normal) files::scale(*data, table);
  return data;
}

}  // namespace btrack::models
