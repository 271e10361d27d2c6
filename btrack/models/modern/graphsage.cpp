// SPDX-License-Identifier: Apache-2.0
// GraphSAGE (Hamilton et al. 2017) with mean aggregation over all neighbours of a whole graph.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>

#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {
namespace graphs {

constexpr std::int64_t kHidden = 256;
constexpr std::int64_t kLayers = 3;

/// Edges by the node that they end in: `sources` of node i begin at `first[i]`.
struct Neighbours {
  at::Tensor sources, first;
};

Neighbours neighbours(const at::Tensor& sources, const at::Tensor& ends, std::int64_t nodes) {
  const at::Tensor degrees =
      at::zeros({nodes}, ends.options()).scatter_add(0, ends, at::ones_like(ends));
  const at::Tensor order = ends.argsort(/*stable=*/true);
  return {sources.index_select(0, order), degrees.cumsum(0) - degrees};
}

/// W x + V (mean of the neighbours) + b.
class SageLayer final : public Module {
 public:
  SageLayer(std::int64_t in, std::int64_t out)
      : own_(add<Linear>("own", in, out, /*bias=*/false)),
        others_(add<Linear>("others", in, out)) {}

  at::Tensor operator()(const at::Tensor& x, const Neighbours& graph) const {
    const at::Tensor mean =
        std::get<0>(at::embedding_bag(x.to(at::kFloat), graph.sources, graph.first,
                                      /*scale_grad_by_freq=*/false, /*mode=*/kMean));
    return own_(x) + others_(mean);
  }

 private:
  static constexpr std::int64_t kMean = 1;
  Linear &own_, &others_;
};

/// Features of the nodes and both ends of the edges to a class of each node. The graphs of a batch
/// become one of several parts.
class GraphSage final : public Network {
 public:
  explicit GraphSage(const Config& config) {
    std::int64_t in = config.inputs[0].shape()[1];
    for (std::int64_t i = 0; i < kLayers; ++i) {
      const std::int64_t out = i + 1 < kLayers ? config.width(kHidden) : config.classes;
      layers_.push_back(&add<SageLayer>("layer" + std::to_string(i), in, out));
      in = out;
    }
  }

  at::Tensor forward(at::TensorList inputs) override {
    const std::int64_t nodes = inputs[0].size(1);
    const at::Tensor shift =
        at::arange(inputs[0].size(0), inputs[1].options()).mul_(nodes).unsqueeze(1);
    const auto graph = neighbours((inputs[1] + shift).flatten(), (inputs[2] + shift).flatten(),
                                  inputs[0].size(0) * nodes);
    at::Tensor x = inputs[0].flatten(0, 1);
    for (const auto* layer : layers_) {
      x = (*layer)(x, graph);
      if (layer != layers_.back()) x = activate(x, Activation::relu);
    }
    return x.view({inputs[0].size(0), nodes, -1});
  }

 private:
  std::vector<SageLayer*> layers_;
};

NetworkPtr build(const Config& config) { return std::make_shared<GraphSage>(config); }

/// A node is cited about as often as a power law with exponent 3 says (skew 2), as in a network
/// that grows by preferential attachment (Barabasi and Albert 1999); who cites is uniform.
constexpr std::array<InputSpec, 3> graph(std::int64_t nodes, std::int64_t edges,
                                         std::int64_t features) {
  InputSpec citing = tokens(edges, nodes);
  citing.name = "citing";
  InputSpec cited = tokens(edges, nodes);
  cited.name = "cited";
  cited.skew = 2.0;
  return {{{.name = "features", .sizes = {nodes, features}, .rank = 2}, citing, cited}};
}

constexpr std::int64_t kNodes = 169'343;
constexpr std::int64_t kEdges = 1'166'243;
constexpr auto kArxiv = graph(kNodes, kEdges, 128);
constexpr auto kTiny = graph(64, 256, 16);

constexpr Variant kVariants[] = {
    {.name = "arxiv", .inputs = kArxiv, .macs = 36'762'333'184, .items_per_sample = kNodes}};

constexpr Model kRows[] = {{
    .name = "graphsage",
    .family = "graphsage",
    .task = Task::node_classification,
    .item_unit = "nodes",
    .classes = 40,
    .size = {.parameters = 217'640},
    .variants = kVariants,
    .tiny = {.inputs = kTiny, .classes = 5},
    .defaults = {.batch = 1, .infer_batch = 1, .epochs = 1},
    .build = build,
}};

}  // namespace graphs

Rows graphsage() { return graphs::kRows; }

}  // namespace btrack::models::modern
