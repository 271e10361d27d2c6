// SPDX-License-Identifier: Apache-2.0
// Every row of the catalogue, whatever its family: exact sizes, a falling loss, the same numbers
// twice. A new row is tested without a line here.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <set>

#include "btrack/models/device.hpp"
#include "btrack/models/training.hpp"

namespace btrack::models {
namespace {

constexpr auto kGoOn = [](std::int64_t) { return true; };

std::string name_of(const ::testing::TestParamInfo<std::string>& info) { return info.param; }

class EveryModel : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { set_threads(1); }

  [[nodiscard]] Selection tiny(Mode mode = Mode::standard) const {
    return selection_of(model_, Scale::tiny, mode);
  }
  [[nodiscard]] DataSet tiny_data(const Selection& selected) const {
    results::Settings settings;
    settings.batch = settings.infer_batch = model_.tiny.batch;
    return load_data(selected, settings, at::kCPU).value();
  }

  const Model& model_ = **find_model(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Catalogue, EveryModel, ::testing::ValuesIn(model_names()), name_of);

TEST_P(EveryModel, HasTheStatedSize) {
  for (const Mode mode : {Mode::standard, Mode::faithful}) {
    const Size size = count_values(*describe_network(selection_of(model_, Scale::full, mode)));
    EXPECT_EQ(size.parameters, model_.size.parameters);
    EXPECT_EQ(size.statistics, model_.size.statistics);
    EXPECT_EQ(size.frozen, mode == Mode::faithful ? model_.size.frozen : 0);
  }
}

TEST_P(EveryModel, DoesTheStatedMultiplyAdds) {
  std::set<std::string_view> names;
  for (const auto& variant : model_.variants) {
    EXPECT_TRUE(names.insert(variant.name).second) << variant.name << " is there twice";
    Selection selected = selection_of(model_);
    selected.variant = &variant;
    selected.config.inputs = variant.inputs;
    const auto network = describe_network(selected);
    EXPECT_EQ(count_values(*network).parameters, selected.parameters()) << variant.name;
    EXPECT_EQ(count_macs(*network, one_sample(selected.config, at::kMeta)), variant.macs)
        << variant.name;
  }
}

TEST_P(EveryModel, CountsTheSameOnRealValues) {
  const Selection selected = tiny();
  const auto network = make_network(selected, 1, at::kCPU);
  EXPECT_EQ(count_macs(*network, one_sample(selected.config, at::kCPU)),
            count_macs(*describe_network(selected), one_sample(selected.config, at::kMeta)));
}

TEST_P(EveryModel, StartsFromItsSeed) {
  const auto first = make_network(tiny(), 7, at::kCPU)->trainable();
  const auto again = make_network(tiny(), 7, at::kCPU)->trainable();
  const auto other = make_network(tiny(), 8, at::kCPU)->trainable();
  bool differs = false;
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_TRUE(first[i].equal(again[i]));
    differs = differs || !first[i].equal(other[i]);
  }
  EXPECT_TRUE(differs);
}

TEST_P(EveryModel, GivesTheSameAnswersOnItsInferencePath) {
  const auto network = make_network(tiny(), 1, at::kCPU);
  network->eval();
  const auto inputs = slice_inputs(tiny_data(tiny()).test, 0, 1);
  const auto plain = network->forward(inputs).detach();
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::allclose(network->forward(inputs), plain, 1e-4, 1e-5));
}

/// The mean of the losses of 4 steps before and after 4 more on the same few samples.
TEST_P(EveryModel, LearnsAtTinyScaleWithinItsTime) {
  if (model_.inference_only) GTEST_SKIP() << "inference only";
  const Selection selected = tiny();
  const auto network = make_network(selected, 1, at::kCPU);
  const DataSet data = tiny_data(selected);
  const Split few{slice_inputs(data.train, 0, model_.tiny.batch),
                  data.train.targets.narrow(0, 0, model_.tiny.batch)};
  const TrainPlan plan{.batch = model_.tiny.batch,
                       .epochs = 10,
                       .learning_rate = 1e-3,
                       .schedule = Schedule::constant};
  Trainer trainer(*network, few, plan);
  const double before = trainer.epoch(kGoOn).value();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 8; ++i) trainer.epoch(kGoOn);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(trainer.epoch(kGoOn).value(), before);
  EXPECT_LT(took.count() / 8, 2.0) << "seconds of one step";
}

TEST_P(EveryModel, TrainsFaithfullyAtTinyScale) {
  if (model_.inference_only) GTEST_SKIP() << "inference only";
  const Selection selected = tiny(Mode::faithful);
  const auto network = make_network(selected, 1, at::kCPU);
  const DataSet data = tiny_data(selected);
  Trainer trainer(*network, data.train, {.batch = model_.tiny.batch, .learning_rate = 1e-5});
  EXPECT_TRUE(std::isfinite(trainer.epoch(kGoOn).value()));
  for (const auto& [path, value] : network->values()) {
    if (value->role != Role::frozen) continue;
    EXPECT_FALSE(value->tensor.requires_grad()) << path;
  }
  const auto result = evaluate(*network, data.test, {.batch = model_.tiny.batch}, kGoOn);
  EXPECT_TRUE(std::isfinite(result.value().loss));
}

TEST_P(EveryModel, TrainsAndInfersInBfloat16) {
  const Selection selected = tiny();
  const auto network = make_network(selected, 1, at::kCPU);
  const DataSet data = tiny_data(selected);
  if (!model_.inference_only) {
    Trainer trainer(
        *network, data.train,
        {.batch = model_.tiny.batch, .learning_rate = 1e-5, .precision = Precision::bf16});
    EXPECT_TRUE(std::isfinite(trainer.epoch(kGoOn).value()));
  }
  const InferPlan half{model_.tiny.batch, Precision::bf16};
  const double loss = evaluate(*network, data.test, half, kGoOn)->loss;
  const double full = evaluate(*network, data.test, {model_.tiny.batch}, kGoOn)->loss;
  EXPECT_NEAR(loss, full, 0.1 * std::abs(full));
  const at::NoGradGuard no_grad;
  const auto inputs = slice_inputs(data.test, 0, 1);
  const auto plain = network->forward(inputs);
  const Autocast autocast(Precision::bf16, at::kCPU);
  EXPECT_FALSE(network->forward(inputs).to(at::kFloat).equal(plain)) << "nothing was cast";
}

/// Sizes of AI Benchmark Alpha, read from its graphs (github.com/houseofai/ai-benchmark v0.1.2):
/// all stored values, what TensorFlow's trainable collection holds of them, GMAC at input sizes.
struct Published {
  std::string_view name;
  std::int64_t all, trainable;
  struct {
    std::string_view variant;
    double gmac;
  } macs[3];
};

constexpr Published kAiBenchmark[] = {
    {"mobilenet_v2", 3'540'265, 3'506'153, {{"224", 0.3008}}},
    {"inception_v3", 23'853'833, 23'819'401, {{"346", 7.326}}},
    {"inception_v4", 42'712'937, 42'649'769, {{"346", 15.621}}},
    {"inception_resnet_v2", 55'875'273, 55'814'729, {{"346", 16.727}}},
    {"resnet_v2_50", 25'615'849, 25'570'409, {{"346", 8.558}}},
    {"resnet_v2_152", 60'382'697, 60'238'953, {{"256", 14.245}}},
    {"vgg16", 138'357'544, 138'357'544, {{"224", 15.470}}},
    {"srcnn_955", 69'249, 69'249, {{"512", 18.128}, {"1536", 163.150}}},
    {"vgg19_sr", 668'227, 668'227, {{"224", 33.468}, {"256", 43.713}, {"1024", 699.409}}},
    {"resnet_srgan", 1'566'979, 1'558'531, {{"512", 32.819}, {"1536", 295.374}}},
    {"resnet_dped", 401'475, 401'475, {{"128", 6.549}, {"256", 26.198}, {"1024", 419.162}}},
    {"unet", 31'043'651, 31'043'651, {{"256", 48.176}, {"512", 192.703}, {"1024", 770.812}}},
    {"spade", 138'029'827, 138'020'803, {{"128", 74.243}}},  // 74.042 per image, 0.201 per batch
    {"icnet", 6'685'775, 60, {{"1024x1536", 21.843}}},
    {"pspnet", 46'765'763, 46'707'139, {{"512", 183.715}, {"720", 363.312}}},
    {"deeplab", 42'826'700, 42'721'356, {{"384", 99.985}, {"512", 177.750}}},
    {"pixel_rnn", 48'867, 48'867, {{"64", 0.3659}}},
    {"lstm_sentiment", 5'429'250, 5'429'250, {{"1024", 5.553}}},
    {"gnmt", 281'798'657, 281'798'657, {{"20", 7.009}}},
};

TEST(AiBenchmark, RowsAgreeWithTheGraphs) {
  for (const auto& published : kAiBenchmark) {
    const auto model = find_model(published.name);
    if (!model) continue;  // a row that is still to come
    const Size& size = (*model)->size;
    EXPECT_EQ(size.parameters + size.statistics, published.all) << published.name;
    EXPECT_EQ(size.parameters - size.frozen, published.trainable) << published.name;
    for (const auto& [name, gmac] : published.macs) {
      if (name.empty()) continue;
      results::Settings settings;
      settings.workload = published.name;
      settings.variant = name;
      const auto found = select(settings);
      ASSERT_TRUE(found) << found.error().message;
      const double digits = gmac < 1.0 ? 5e-5 : 5e-4;
      EXPECT_NEAR(static_cast<double>(found->variant->macs) * 1e-9, gmac, digits * 1.0001)
          << published.name << ' ' << name;
    }
  }
}

/// Sizes of the modern set as others publish them: all stored values; GMAC of one item to the last
/// digit given. Norms and activations are not multiply-adds here.
struct Known {
  std::string_view name;
  std::int64_t values;
  struct {
    std::string_view variant;
    double gmac, last_digit;
  } macs[2];
};

constexpr Known kModern[] = {
    // torchvision: num_params and _ops of its weights
    {"convnext_tiny", 28'589'128, {{"224", 4.456, 0.001}}},
    {"convnext_base", 88'591'464, {{"224", 15.355, 0.001}}},
    {"vit_b16", 86'567'656, {{"224", 17.564, 0.001}}},
    // timm: parameters; GMAC by the arithmetic of their configurations
    {"vit_s16", 22'050'664, {{"224", 4.599, 0.001}}},
    {"vit_ti16", 5'717'416, {{"224", 1.254, 0.001}}},
    // Hugging Face: the bare model has 109,482,240 and 335,141,888, its two classes width * 2 + 2
    // more
    {"bert_base", 109'482'240 + 1'538, {{"128", 11.17, 0.01}, {"384", 35.33, 0.01}}},
    {"bert_large", 335'141'888 + 2'050, {{"128", 39.46, 0.01}, {"384", 123.21, 0.01}}},
    // GPT-2's published size, and the arithmetic of CARAML's configuration with GPT-2's embeddings;
    // GMAC of one token: weights, and attention over the full context
    {"gpt2_124m", 124'439'808, {{"1024", 0.1236 + 0.0189, 0.0002}}},
    {"gpt_800m", 912'857'088, {{"2048", 0.9082 + 0.1342, 0.0002}}},
    // GMAC of one token: all weights but the norms, and attention over the full context
    {"llama_mini", 39'985'664, {{"512", 0.03998 + 0.00419, 0.00002}}},
    {"llama_1b", 1'235'814'400, {{"2048", 1.236 + 0.134, 0.002}}},
    {"llama_8b", 8'030'261'248, {{"2048", 7.505 + 0.537, 0.002}}},
    // the sizes of their configurations; GMAC of one token and the experts that it visits
    {"moe_mini", 125'485'568, {{"512", 0.04997 + 0.00419, 0.00002}}},
    {"olmoe_7b", 6'919'161'856, {{"2048", 1.179 + 0.134, 0.002}}},
    // the networks of facebookresearch/DiT, with their fixed position tables; GMAC of one step by
    // the arithmetic of their configurations
    {"dit_s2", 32'963'360, {{"256", 6.06, 0.01}}},
    {"dit_b4", 130'475'648, {{"256", 5.57, 0.01}}},
    {"dit_xl2", 675'129'632, {{"256", 118.6, 0.1}}},
    // 204,184,588 rows of 128 in MLPerf's tables, 921,198 where they are cut to 100 thousand, and
    // 16,044,545 weights and biases
    {"dlrm_dcnv2", 921'198 * 128 + 16'044'545, {{"100k", 0.01603, 0.00001}}},
    // GMAC of one node: two products with each weight matrix
    {"graphsage", 217'640, {{"arxiv", 36.8 / 169'343, 0.1 / 169'343}}},
};

TEST(Modern, RowsAgreeWithWhatIsPublished) {
  for (const auto& known : kModern) {
    results::Settings settings;
    settings.workload = known.name;
    for (const auto& [name, gmac, last_digit] : known.macs) {
      if (name.empty()) continue;
      settings.variant = name;
      const auto found = select(settings);
      ASSERT_TRUE(found) << found.error().message;
      const auto& [model, variant, config] = *found;
      EXPECT_EQ(model->size.parameters + model->size.statistics, known.values) << known.name;
      const auto macs = static_cast<double>(variant->macs / variant->items_per_sample);
      EXPECT_NEAR(macs * 1e-9, gmac, 0.5001 * last_digit) << known.name << ' ' << name;
    }
  }
}

}  // namespace
}  // namespace btrack::models
