// SPDX-License-Identifier: Apache-2.0
// Reading descriptions of model files, strictly.
#include "btrack/bench/model_description.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "btrack/bench/toml_values.hpp"
#include "btrack/core/text.hpp"

namespace btrack::bench {
namespace {

namespace fs = std::filesystem;
using values::text;
using values::whole_number;
using values::Wrong;

constexpr const char* kRemedy = "docs/models.md, \"A model of your own\", shows a description";
constexpr double kMostValues = 1e12;  // of one sample: what no machine holds is a slip of the pen

/// A type of input, and between which values its random ones must lie.
struct InputType {
  std::string_view name;
  bool whole;
  double least;
  double most;
};
constexpr InputType kTypes[] = {
    {"float32", false, -3e38, 3e38},   {"float64", false, -1e300, 1e300},
    {"float16", false, -65504, 65504}, {"bfloat16", false, -3e38, 3e38},
    {"int64", true, -0x1p53, 0x1p53},  {"int32", true, -0x1p31, 0x1p31},
    {"int16", true, -32768, 32768},    {"int8", true, -128, 128},
    {"uint8", true, 0, 256},           {"bool", true, 0, 2},
};

template <class Names>
[[noreturn]] void unknown_key(const toml::key& key, const toml::node& node, std::string_view place,
                              const Names& names) {
  const std::vector<std::string> known(std::begin(names), std::end(names));
  throw Wrong{node.source(), fmt::format("unknown key '{}' in {}{}; known: {}", key.str(), place,
                                         did_you_mean(key.str(), known), join(known, ", "))};
}

const InputType& type_of(const toml::node& node) {
  const auto word = text(node, "dtype");
  std::vector<std::string> known;
  for (const auto& type : kTypes) {
    if (type.name == word) return type;
    known.emplace_back(type.name);
  }
  throw Wrong{node.source(), fmt::format("there is no dtype '{}'{}; dtypes: {}", word,
                                         did_you_mean(word, known), join(known, ", "))};
}

std::vector<std::int64_t> shape_of(const toml::node& node) {
  std::vector<std::int64_t> shape;
  const auto* sizes = node.as_array();
  if (sizes == nullptr) throw Wrong{node.source(), "'shape' must be a list such as [\"batch\", 3]"};
  for (const auto& size : *sizes) {
    if (size.value_exact<std::string>() == "batch") {
      shape.push_back(kBatchSize);
      continue;
    }
    const auto number = size.value_exact<std::int64_t>();
    if (!number || *number < 1) {
      throw Wrong{size.source(),
                  "a size in 'shape' must be \"batch\" or a whole number of at least 1"};
    }
    shape.push_back(*number);
  }
  if (std::count(shape.begin(), shape.end(), kBatchSize) > 1) {
    throw Wrong{node.source(), "'shape' can say \"batch\" only once"};
  }
  return shape;
}

void read_range(const toml::node& node, ModelInput& input) {
  const auto* pair = node.as_array();
  const auto end = [&](std::size_t i) { return pair->get(i)->value<double>(); };
  if (pair == nullptr || pair->size() != 2 || !end(0) || !end(1) || !(*end(0) < *end(1))) {
    throw Wrong{node.source(), "'range' must be two numbers, the lower first: [low, high)"};
  }
  input.low = *end(0);
  input.high = *end(1);
}

/// What only all keys together can show.
void check_input(const ModelInput& input, const InputType& type, const toml::table& table) {
  const auto wrong = [&](std::string message) {
    return Wrong{table.source(), fmt::format("input '{}': {}", input.name, message)};
  };
  const bool ranged = input.low < input.high;
  if (ranged && input.value) throw wrong("it has a range or a value, not both");
  if (type.whole && !ranged && !input.value) {
    throw wrong(fmt::format("{} needs a range = [first, one past the last] or a value", type.name));
  }
  const double low = input.value.value_or(input.low);
  const double high = input.value.value_or(input.high);
  if (low < type.least || high > type.most || (input.value && type.whole && high >= type.most)) {
    throw wrong(fmt::format("its values do not fit into {}", type.name));
  }
  if (type.whole && (low != std::floor(low) || high != std::floor(high))) {
    throw wrong(fmt::format("the values of {} are whole numbers", type.name));
  }
  if (input.channels_last && input.shape.size() != 4) {
    throw wrong("only an input of four sizes has the layout channels_last");
  }
  if (input.values(1) > kMostValues) {
    throw wrong(fmt::format("its shape means {:.3g} values", input.values(1)));
  }
}

ModelInput input_from(const toml::node& node, std::size_t position) {
  const auto* table = node.as_table();
  if (table == nullptr) throw Wrong{node.source(), "'inputs' must be a list of tables"};
  ModelInput input;
  input.name = fmt::format("input{}", position);
  const InputType* type = &kTypes[0];
  bool shaped = false;
  for (const auto& [key, value] : *table) {
    if (key == "name") {
      input.name = text(value, "name");
    } else if (key == "shape") {
      input.shape = shape_of(value);
      shaped = true;
    } else if (key == "dtype") {
      type = &type_of(value);
    } else if (key == "range") {
      read_range(value, input);
    } else if (key == "value") {
      input.value = values::number(value, "value", -1e300, 1e300);
    } else if (key == "layout") {
      input.channels_last =
          values::one_of(value, "layout", {"contiguous", "channels_last"}) == "channels_last";
    } else {
      constexpr const char* kKeys[] = {"name", "shape", "dtype", "range", "value", "layout"};
      unknown_key(key, value, "[[inputs]]", kKeys);
    }
  }
  if (!shaped) throw Wrong{table->source(), fmt::format("input '{}' needs a shape", input.name)};
  input.dtype = type->name;
  if (input.dtype == "bool" && !input.value && input.low == input.high) input.high = 2.0;
  check_input(input, *type, *table);
  return input;
}

std::vector<ModelInput> inputs_from(const toml::node& node) {
  std::vector<ModelInput> inputs;
  const auto* list = node.as_array();
  if (list == nullptr) throw Wrong{node.source(), "'inputs' must be a list of tables"};
  for (const auto& input : *list) inputs.push_back(input_from(input, inputs.size()));
  return inputs;
}

KnownOutput known_from(const toml::node& node) {
  const auto* table = node.as_table();
  if (table == nullptr || !table->contains("output_sum")) {
    throw Wrong{node.source(), "[check] must be a table with an output_sum"};
  }
  KnownOutput known;
  for (const auto& [key, value] : *table) {
    if (key == "output_sum") {
      known.sum = values::number(value, "output_sum", -1e300, 1e300);
    } else if (key == "value") {
      known.value = values::number(value, "value", -1e300, 1e300);
    } else if (key == "tolerance") {
      known.tolerance = values::number(value, "tolerance", 0.0, 1.0);
    } else {
      constexpr const char* kKeys[] = {"output_sum", "value", "tolerance"};
      unknown_key(key, value, "[check]", kKeys);
    }
  }
  return known;
}

void read_key(const toml::key& key, const toml::node& node, ModelDescription& description) {
  const auto is = [&](std::string_view name) { return key.str() == name; };
  if (is("name")) {
    description.name = text(node, "name");
  } else if (is("item_unit")) {
    description.item_unit = text(node, "item_unit");
  } else if (is("items_per_sample")) {
    description.items_per_sample = whole_number(node, "items_per_sample", 1);
  } else if (is("batch")) {
    description.batch = whole_number(node, "batch", 1);
  } else if (is("parameters")) {
    description.parameters = whole_number(node, "parameters", 1);
  } else if (is("macs_per_item")) {
    description.macs_per_item = whole_number(node, "macs_per_item", 1);
  } else if (is("inputs")) {
    description.inputs = inputs_from(node);
  } else if (is("check")) {
    description.known = known_from(node);
  } else {
    constexpr const char* kKeys[] = {"name",       "item_unit",     "items_per_sample", "batch",
                                     "parameters", "macs_per_item", "inputs",           "check"};
    unknown_key(key, node, "a description", kKeys);
  }
}

}  // namespace

bool ModelInput::has_batch() const {
  return std::find(shape.begin(), shape.end(), kBatchSize) != shape.end();
}

double ModelInput::values(std::int64_t batch) const {
  double values = 1.0;
  for (const auto size : shape) values *= static_cast<double>(size == kBatchSize ? batch : size);
  return values;
}

bool ModelDescription::open_batch() const {
  return std::any_of(inputs.begin(), inputs.end(), [](const auto& in) { return in.has_batch(); });
}

std::string ModelDescription::input_text() const {
  std::vector<std::string> parts;
  for (const auto& input : inputs) {
    std::vector<std::int64_t> sizes;
    std::copy_if(input.shape.begin(), input.shape.end(), std::back_inserter(sizes),
                 [](std::int64_t size) { return size != kBatchSize; });
    parts.push_back(fmt::format("{} {}{}{}", input.name, fmt::join(sizes, "x"),
                                input.dtype == "float32" ? "" : " ",
                                input.dtype == "float32" ? "" : input.dtype));
  }
  return join(parts, ", ");
}

Result<ModelDescription> read_description(const fs::path& file) {
  return values::read_toml(file, kRemedy, [&](const toml::table& table) {
    ModelDescription description;
    description.file = file;
    description.name = file.stem().string();
    for (const auto& [key, node] : table) read_key(key, node, description);
    if (description.inputs.empty()) {
      throw Wrong{table.source(), "a description needs at least one of [[inputs]]"};
    }
    return description;
  });
}

Result<ModelDescription> describe_model(const fs::path& model_file) {
  const auto file = fs::path(model_file).replace_extension(".toml");
  std::error_code error;
  if (!fs::exists(file, error)) {
    return fail(
        ErrorKind::not_found,
        fmt::format("{} has no description: there is no {}", model_file.string(), file.string()),
        fmt::format("write its inputs there; {}", kRemedy));
  }
  auto description = read_description(file);
  if (description) description->name += model_file.extension().string();
  return description;
}

}  // namespace btrack::bench
