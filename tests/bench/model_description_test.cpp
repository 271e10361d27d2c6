// SPDX-License-Identifier: Apache-2.0
// Descriptions of model files: what they say, and each mistake with file and line.
#include "btrack/bench/model_description.hpp"

#include <gtest/gtest.h>

#include "btrack/core/file.hpp"

namespace btrack::bench {
namespace {

namespace fs = std::filesystem;

class Description : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  Result<ModelDescription> read(std::string_view text) {
    EXPECT_TRUE(write_file(folder_ / "net.toml", text));
    return describe_model(folder_ / "net.pt");
  }
  /// What is said about a description, without the folder.
  std::string refusal(std::string_view text) {
    const auto description = read(text);
    if (description) return "accepted";
    EXPECT_EQ(description.error().kind, ErrorKind::usage);
    EXPECT_NE(description.error().remedy.find("docs/models.md"), std::string::npos);
    return description.error().message.substr(folder_.string().size() + 1);
  }
  std::string input_refusal(const std::string& keys) {
    return refusal("inputs = [{name = \"x\", " + keys + "}]\n");
  }

  fs::path folder_ =
      fs::path(::testing::TempDir()) /
      (std::string("model-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(Description, SaysEverything) {
  const auto description = read(R"(name = "small"
item_unit = "tokens"
items_per_sample = 128
batch = 8
parameters = 5002
macs_per_item = 777
inputs = [
  {name = "image", shape = ["batch", 3, 32, 48], layout = "channels_last", range = [0, 256.0]},
  {shape = ["batch", 128], dtype = "int64", range = [0, 30000]},
  {name = "scale", shape = [], dtype = "float16", value = 0.5},
  {name = "mask", shape = [4, "batch"], dtype = "bool"},
]
[check]
value = 0.25
output_sum = -12.5
tolerance = 0.01
)");
  ASSERT_TRUE(description) << description.error().message;
  EXPECT_EQ(description->name, "small.pt");
  EXPECT_EQ(description->file, folder_ / "net.toml");
  EXPECT_EQ(description->item_unit, "tokens");
  EXPECT_EQ(description->items_per_sample, 128);
  EXPECT_EQ(description->batch, 8);
  EXPECT_EQ(description->parameters, 5002);
  EXPECT_EQ(description->macs_per_item, 777);
  EXPECT_TRUE(description->open_batch());
  EXPECT_EQ(description->input_text(),
            "image 3x32x48, input1 128 int64, scale  float16, mask 4 bool");
  const auto& inputs = description->inputs;
  EXPECT_EQ(inputs.at(0).shape, (std::vector<std::int64_t>{kBatchSize, 3, 32, 48}));
  EXPECT_TRUE(inputs[0].channels_last);
  EXPECT_EQ(inputs[0].high, 256.0);
  EXPECT_EQ(inputs[0].values(2), 2.0 * 3 * 32 * 48);
  EXPECT_EQ(inputs[2].values(2), 1.0);
  EXPECT_EQ(inputs[2].value, 0.5);
  EXPECT_EQ(inputs[3].high, 2.0) << "true and false";
  EXPECT_EQ(description->known->value, 0.25);
  EXPECT_EQ(description->known->sum, -12.5);
  EXPECT_EQ(description->known->tolerance, 0.01);
}

TEST_F(Description, LittleIsEnough) {
  const auto description = read("inputs = [{shape = [1, 10]}]");
  ASSERT_TRUE(description) << description.error().message;
  EXPECT_EQ(description->name, "net.pt");
  EXPECT_EQ(description->batch, 1);
  EXPECT_EQ(description->inputs.at(0).dtype, "float32");
  EXPECT_EQ(description->inputs[0].low, description->inputs[0].high) << "standard normal";
  EXPECT_FALSE(description->open_batch());
  EXPECT_FALSE(description->known);
}

TEST_F(Description, OneForBothFormats) {
  ASSERT_TRUE(read("inputs = [{shape = [1]}]"));
  EXPECT_EQ(describe_model(folder_ / "net.pt2").value().name, "net.pt2");
}

TEST_F(Description, AMissingOneSaysWhereItBelongs) {
  const auto description = describe_model(folder_ / "alone.pt");
  ASSERT_FALSE(description);
  EXPECT_EQ(description.error().kind, ErrorKind::not_found);
  EXPECT_NE(description.error().message.find("there is no " + (folder_ / "alone.toml").string()),
            std::string::npos);
}

TEST_F(Description, MistakesAreNamedWithTheirLine) {
  EXPECT_EQ(
      refusal("inputs = [{shape = [1]}]\nbacth = 3"),
      "net.toml:2: unknown key 'bacth' in a description (did you mean 'batch'?); known: name, "
      "item_unit, items_per_sample, batch, parameters, macs_per_item, inputs, check");
  EXPECT_EQ(refusal("name = 3"), "net.toml:1: 'name' must be a string in quotes");
  EXPECT_EQ(refusal("name = 'x'"), "net.toml:1: a description needs at least one of [[inputs]]");
  EXPECT_EQ(refusal("inputs = 5"), "net.toml:1: 'inputs' must be a list of tables");
  EXPECT_EQ(refusal("\nbatch = 0"), "net.toml:2: 'batch' must be a whole number of at least 1");
  EXPECT_EQ(refusal("check = {value = 1.0}"),
            "net.toml:1: [check] must be a table with an output_sum");
  EXPECT_NE(refusal("inputs = [").find("net.toml:1: not valid TOML"), std::string::npos);
}

TEST_F(Description, ShapesAreSizes) {
  const std::string wrong =
      "net.toml:1: a size in 'shape' must be \"batch\" or a whole number of at least 1";
  EXPECT_EQ(input_refusal("shape = [\"batch\", -3, 4]"), wrong);
  EXPECT_EQ(input_refusal("shape = [0]"), wrong);
  EXPECT_EQ(input_refusal("shape = [2.5]"), wrong);
  EXPECT_EQ(input_refusal("shape = [\"bach\"]"), wrong);
  EXPECT_EQ(input_refusal("shape = [\"batch\", \"batch\"]"),
            "net.toml:1: 'shape' can say \"batch\" only once");
  EXPECT_EQ(input_refusal("dtype = \"int8\""), "net.toml:1: input 'x' needs a shape");
  EXPECT_EQ(input_refusal("shape = [9000000000, 9000000000]"),
            "net.toml:1: input 'x': its shape means 8.1e+19 values");
}

TEST_F(Description, TypesAndTheirValues) {
  EXPECT_NE(input_refusal("shape = [1], dtype = \"flaot32\"")
                .find("there is no dtype 'flaot32' (did you mean 'float32'?); dtypes: float32"),
            std::string::npos);
  EXPECT_EQ(input_refusal("shape = [1], dtype = \"int64\""),
            "net.toml:1: input 'x': int64 needs a range = [first, one past the last] or a value");
  EXPECT_EQ(input_refusal("shape = [1], dtype = \"uint8\", range = [0, 300]"),
            "net.toml:1: input 'x': its values do not fit into uint8");
  EXPECT_EQ(input_refusal("shape = [1], dtype = \"int8\", value = 128"),
            "net.toml:1: input 'x': its values do not fit into int8");
  EXPECT_EQ(input_refusal("shape = [1], dtype = \"int32\", value = 0.5"),
            "net.toml:1: input 'x': the values of int32 are whole numbers");
  EXPECT_EQ(input_refusal("shape = [1], range = [1, 1]"),
            "net.toml:1: 'range' must be two numbers, the lower first: [low, high)");
  EXPECT_EQ(input_refusal("shape = [1], range = [0, 1], value = 2"),
            "net.toml:1: input 'x': it has a range or a value, not both");
  EXPECT_EQ(input_refusal("shape = [1], layout = \"channels_last\""),
            "net.toml:1: input 'x': only an input of four sizes has the layout channels_last");
}

}  // namespace
}  // namespace btrack::bench
