// SPDX-License-Identifier: Apache-2.0
// Sequences to copy, reverse or sort; communities of a graph; shapes in pictures; clicks.
#include "btrack/models/generated.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bernoulli.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "btrack/core/text.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models {
namespace generated {

/// Training and test items, and what both share: the hidden truth.
struct Making {
  const Selection& selected;
  std::int64_t train, test;
  at::Generator random;
};

double root(std::int64_t count) { return std::sqrt(static_cast<double>(count)); }

// Sequences: symbols, a separator, the same symbols in another order. Only these are asked for.

constexpr std::int64_t kSymbols = 64;

enum class Order { same, reversed, sorted };

at::Tensor ordered(const at::Tensor& symbols, Order order) {
  if (order == Order::reversed) return symbols.flip({1});
  return order == Order::sorted ? std::get<0>(symbols.sort(1)) : symbols;
}

Split sequences(const Making& making, std::int64_t items, Order order) {
  const Config& config = making.selected.config;
  const std::int64_t length = config.inputs[0].shape()[0];
  const std::int64_t given = (length + 1) / 2;
  const std::int64_t separator = std::min(kSymbols, config.classes - 1);
  const at::Tensor symbols = at::randint(0, separator, {items, given}, making.random, at::kLong);
  const at::Tensor middle = at::full({items, 1}, separator, at::kLong);
  const at::Tensor answer = ordered(symbols, order).narrow(1, 0, length / 2);
  const at::Tensor whole = at::cat({symbols, middle, answer}, 1);
  at::Tensor targets = whole.narrow(1, 1, length).clone();
  targets.narrow(1, 0, given).fill_(kNoTarget);
  return {{whole.narrow(1, 0, length).clone()}, targets};
}

template <Order kOrder>
DataSet sequence_task(const Making& making) {
  return {sequences(making, making.train, kOrder), sequences(making, making.test, kOrder)};
}

// Communities: most edges stay inside one, and a node's features tell little of which it is in.

constexpr double kInside = 0.8;    // share of the edges
constexpr double kDistance = 1.7;  // between the middles of two communities, in deviations

/// For each node of `from` one of the same community.
at::Tensor neighbours_inside(const at::Tensor& communities, const at::Tensor& from,
                             const Making& making) {
  const std::int64_t classes = making.selected.config.classes;
  const at::Tensor order = communities.argsort();
  const at::Tensor sizes = communities.bincount({}, classes);
  const at::Tensor first = sizes.cumsum(0) - sizes;
  const at::Tensor of = communities.index_select(0, from);
  const at::Tensor step = at::rand(from.sizes(), making.random, at::kDouble)
                              .mul_(sizes.index_select(0, of))
                              .to(at::kLong);
  return order.index_select(0, first.index_select(0, of) + step);
}

Split graphs(const Making& making, std::int64_t items, const at::Tensor& middles) {
  const auto inputs = making.selected.config.inputs;
  const std::int64_t nodes = inputs[0].shape()[0];
  const std::int64_t edges = inputs[1].shape()[0];
  std::vector<at::Tensor> features, citing, cited, targets;
  for (std::int64_t i = 0; i < items; ++i) {
    targets.push_back(at::randint(0, middles.size(0), {nodes}, making.random, at::kLong));
    features.push_back(middles.index_select(0, targets.back()) +
                       at::randn({nodes, middles.size(1)}, making.random));
    citing.push_back(at::randint(0, nodes, {edges}, making.random, at::kLong));
    const at::Tensor anywhere = at::randint(0, nodes, {edges}, making.random, at::kLong);
    const at::Tensor inside = at::rand({edges}, making.random).lt(kInside);
    cited.push_back(
        at::where(inside, neighbours_inside(targets.back(), citing.back(), making), anywhere));
  }
  return {{at::stack(features), at::stack(citing), at::stack(cited)}, at::stack(targets)};
}

DataSet community_task(const Making& making) {
  const Config& config = making.selected.config;
  const std::int64_t features = config.inputs[0].shape()[1];
  const at::Tensor middles =
      at::randn({config.classes, features}, making.random).mul_(kDistance / root(2 * features));
  return {graphs(making, making.train, middles), graphs(making, making.test, middles)};
}

// Shapes: two discs and two squares on noise; the target has one channel for each kind of pixel.

constexpr double kBright = 255.0;

/// 1 x size, the middles of the pixels of a side that is 1 long.
at::Tensor pixel_middles(std::int64_t size) {
  return at::arange(size, at::kFloat).add_(0.5).div_(static_cast<double>(size));
}

/// Height x width: true within a disc or a square.
struct Shape {
  double row, column, radius;
  bool round;
  [[nodiscard]] at::Tensor covers(std::int64_t height, std::int64_t width) const {
    const at::Tensor down = pixel_middles(height).sub_(row).abs_().unsqueeze(1);
    const at::Tensor across = pixel_middles(width).sub_(column).abs_().unsqueeze(0);
    if (round) return (down.square() + across.square()).lt(radius * radius);
    return at::logical_and(down.lt(radius), across.lt(radius));
  }
};

std::vector<Shape> draw_shapes(const Making& making) {
  constexpr int kShapes = 4;
  const at::Tensor numbers = at::rand({kShapes, 3}, making.random, at::kDouble);
  const auto* value = numbers.const_data_ptr<double>();
  std::vector<Shape> shapes;
  for (int i = 0; i < kShapes; ++i, value += 3) {
    shapes.push_back(
        {0.2 + 0.6 * value[0], 0.2 + 0.6 * value[1], 0.1 + 0.1 * value[2], i % 2 == 0});
  }
  return shapes;
}

Split pictures(const Making& making, std::int64_t items) {
  const auto in = making.selected.config.inputs[0].shape();
  const auto out = output_sizes(making.selected);
  std::vector<at::Tensor> images, masks;
  for (std::int64_t i = 0; i < items; ++i) {
    at::Tensor image = at::rand({in[0], in[1], in[2]}, making.random).mul_(0.5 * kBright);
    at::Tensor kinds = at::zeros({out[2], out[3]}, at::kLong);
    for (const auto& shape : draw_shapes(making)) {
      const at::Tensor colour = at::rand({in[0], 1, 1}, making.random).mul_(0.5).add_(0.5);
      image = at::where(shape.covers(in[1], in[2]), colour * kBright, image);
      kinds.masked_fill_(shape.covers(out[2], out[3]), shape.round ? 1 : 2);
    }
    images.push_back(image);
    masks.push_back(at::zeros({out[1], out[2], out[3]}).scatter_(0, kinds.unsqueeze(0), kBright));
  }
  return {{at::stack(images)}, at::stack(masks)};
}

DataSet shape_task(const Making& making) {
  return {pictures(making, making.train), pictures(making, making.test)};
}

// Clicks: their odds are a linear function of the numbers and of a hidden value of every row.

constexpr double kSpread = 2.0;  // of the logits, from the numbers and from the rows alike
constexpr double kSkew = 4.0;    // few rows are looked up often, as in a log of clicks

struct Odds {
  at::Tensor of_numbers;
  std::vector<at::Tensor> of_rows;
};

Split clicks(const Making& making, std::int64_t items, const Odds& odds) {
  const auto inputs = making.selected.config.inputs;
  Split split;
  split.inputs.push_back(at::randn({items, inputs[0].shape()[0]}, making.random));
  at::Tensor logits = split.inputs[0].mv(odds.of_numbers);
  for (std::size_t i = 0; i < odds.of_rows.size(); ++i) {
    const at::Tensor shares =
        at::rand({items, inputs[i + 1].shape()[0]}, making.random, at::kDouble);
    split.inputs.push_back(shares.pow_(kSkew).mul_(odds.of_rows[i].size(0)).to(at::kLong));
    const at::Tensor values = odds.of_rows[i].index_select(0, split.inputs.back().flatten());
    logits += values.view_as(split.inputs.back()).mean(1);
  }
  split.targets = at::bernoulli(logits.sigmoid(), making.random);
  return split;
}

DataSet click_task(const Making& making) {
  const auto inputs = making.selected.config.inputs;
  const std::int64_t numbers = inputs[0].shape()[0];
  Odds odds{at::randn({numbers}, making.random).mul_(kSpread / root(numbers)), {}};
  for (const auto& table : inputs.subspan(1)) {
    const auto rows = static_cast<std::int64_t>(table.high);
    const double spread = kSpread * root(table.shape()[0]) / root(std::ssize(inputs) - 1);
    odds.of_rows.push_back(at::randn({rows}, making.random).mul_(spread));
  }
  return {clicks(making, making.train, odds), clicks(making, making.test, odds)};
}

struct Kind {
  std::string_view name;
  Task task;
  std::int64_t train, test;
  DataSet (*make)(const Making&);
};

constexpr Kind kKinds[] = {
    {"copy", Task::language_model, 4096, 512, sequence_task<Order::same>},
    {"reverse", Task::language_model, 4096, 512, sequence_task<Order::reversed>},
    {"sort", Task::language_model, 4096, 512, sequence_task<Order::sorted>},
    {"communities", Task::node_classification, 8, 2, community_task},
    {"shapes", Task::segmentation, 256, 64, shape_task},
    {"clicks", Task::recommendation, 65'536, 16'384, click_task},
};

Result<const Kind*> find_kind(std::string_view name, const Model& model) {
  std::vector<std::string> known, fitting;
  for (const Kind& kind : kKinds) {
    known.emplace_back(kind.name);
    if (kind.task == model.task) fitting.push_back(fmt::format("{}{}", kGenerated, kind.name));
    if (kind.task == model.task && kind.name == name) return &kind;
  }
  const bool other = std::find(known.begin(), known.end(), name) != known.end();
  const std::string remedy = fitting.empty()
                                 ? "leave --data out: it runs on generated noise"
                                 : fmt::format("generated tasks for it: {}", join(fitting, ", "));
  if (!other) {
    return fail(ErrorKind::usage,
                fmt::format("there is no generated task '{}'{}", name, did_you_mean(name, known)),
                remedy);
  }
  return fail(ErrorKind::usage,
              fmt::format("the generated task '{}' is not for {}, whose task is {}", name,
                          model.name, task_name(model.task)),
              remedy);
}

}  // namespace generated

Result<DataSet> generate_task(const Selection& selected, const results::Settings& settings) {
  const std::string_view name = std::string_view(settings.data).substr(kGenerated.size());
  const auto kind = generated::find_kind(name, *selected.model);
  if (!kind) return fail(kind.error());
  if (selected.config.faithful() && (*kind)->task == Task::language_model) {
    return fail(ErrorKind::usage,
                fmt::format("profile {} cannot leave the given half of '{}' out of its loss",
                            settings.profile, name),
                "take profile standard");
  }
  const auto items = [&](std::int64_t wanted) { return items_that_fit(selected.config, wanted); };
  return (*kind)->make({selected, items((*kind)->train), items((*kind)->test),
                        at::detail::createCPUGenerator(static_cast<std::uint64_t>(settings.seed))});
}

}  // namespace btrack::models
