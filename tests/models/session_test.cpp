// SPDX-License-Identifier: Apache-2.0
// The real worker over a real socket: the order of its messages, and what it says when it cannot.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>

#include "btrack/bench/protocol.hpp"
#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

using testing::TemporaryFolder;
using testing::write_split;

/// btrack-worker as a child process; killed with its owner.
class WorkerProcess {
 public:
  WorkerProcess() : WorkerProcess(make_pair()) {}
  ~WorkerProcess() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      exit_code();
    }
  }
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  void send(const bench::Command& command) { ASSERT_TRUE(socket_.send(bench::encode(command))); }

  /// Everything up to the first event of type Last or a failure, progress left out.
  template <class Last>
  std::vector<bench::Event> until() {
    std::vector<bench::Event> events;
    for (;;) {
      const auto line = socket_.receive(Seconds(120));
      if (!line || !*line) {
        ADD_FAILURE() << "the worker fell silent";
        return events;
      }
      const auto event = bench::decode_event(**line);
      if (!event) {
        ADD_FAILURE() << event.error().message;
        return events;
      }
      if (!std::holds_alternative<bench::Progress>(*event)) events.push_back(*event);
      if (std::holds_alternative<Last>(*event) || std::holds_alternative<bench::Failed>(*event)) {
        return events;
      }
    }
  }

  int exit_code() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  explicit WorkerProcess(std::pair<int, int> ends) : socket_(ends.first) {
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setenv(bench::kWorkerSocketVariable, std::to_string(ends.second).c_str(), 1);
      ::execl(BTRACK_BIN_DIR "/btrack-worker", "btrack-worker", nullptr);
      ::_exit(127);
    }
    ::close(ends.second);
  }

  static std::pair<int, int> make_pair() {
    int ends[2] = {-1, -1};
    ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    return {ends[0], ends[1]};
  }

  bench::LineSocket socket_;
  pid_t pid_ = -1;
};

/// The events in short: "window train 0 96", "quality accuracy 0", "done".
std::vector<std::string> in_short(const std::vector<bench::Event>& events) {
  std::vector<std::string> words;
  for (const auto& event : events) {
    if (const auto* window = std::get_if<bench::WindowDone>(&event)) {
      words.push_back("window " + window->phase + ' ' + std::to_string(window->index) + ' ' +
                      std::to_string(window->items));
      EXPECT_LT(window->window.begin, window->window.end);
    } else if (const auto* reached = std::get_if<bench::QualityReached>(&event)) {
      words.push_back("quality " + reached->quality.metric + ' ' +
                      std::to_string(reached->quality.index));
    } else if (const auto* some = std::get_if<bench::Latencies>(&event)) {
      EXPECT_FALSE(some->ns.empty()) << some->phase;
    } else if (std::holds_alternative<bench::Hello>(event)) {
      words.emplace_back("hello");
    } else if (std::holds_alternative<bench::Ready>(event)) {
      words.emplace_back("ready");
    } else if (std::holds_alternative<bench::Done>(event)) {
      words.emplace_back("done");
    } else {
      words.emplace_back("failed");
    }
  }
  return words;
}

class Session : public ::testing::Test {
 protected:
  void SetUp() override {
    write_split(folder_.path(), "train", 96);
    write_split(folder_.path(), "t10k", 40);
    settings_.workload = "mlp_64";
    settings_.data = folder_.path().string();
    settings_.batch = 32;
    settings_.infer_batch = 16;
    settings_.threads = 1;
  }

  Error failure() {
    worker_.send(bench::Prepare{settings_});
    const auto events = worker_.until<bench::Ready>();
    const auto* failed = events.empty() ? nullptr : std::get_if<bench::Failed>(&events.back());
    if (failed == nullptr) {
      ADD_FAILURE() << "the worker did not fail";
      return {};
    }
    EXPECT_EQ(worker_.exit_code(), 3);
    return failed->error;
  }

  TemporaryFolder folder_;
  results::Settings settings_;
  WorkerProcess worker_;
};

using Words = std::vector<std::string>;

TEST_F(Session, PromptsAndAnswersAreWindowsApart) {
  settings_ = {};
  settings_.workload = "moe_mini";
  settings_.scale = "tiny";
  settings_.phases = {"decode", "prefill"};
  settings_.infer_batch = 3;
  settings_.prompt = 5;
  settings_.generate = 4;
  settings_.threads = 1;
  worker_.send(bench::Prepare{settings_});
  const auto prepared = worker_.until<bench::Ready>();
  const auto& hello = std::get<bench::Hello>(prepared.at(0));
  EXPECT_EQ(hello.prompt, 5);
  EXPECT_EQ(hello.generate, 4);
  const auto told = [&] {
    Words words = in_short(worker_.until<bench::Done>());
    std::erase_if(words, [](const std::string& word) { return word.starts_with("quality"); });
    return words;
  };
  worker_.send(bench::Run{"decode", 0, 0.0, 7});
  EXPECT_EQ(told(), (Words{"window warmup 2 0", "window decode 7 9", "done"}))
      << "3 answers of 3 tokens behind the first";
  worker_.send(bench::Run{"prefill", 0, 0.0, 1});
  EXPECT_EQ(told(), (Words{"window prefill 1 15", "done"})) << "3 prompts of 5 tokens";
}

TEST_F(Session, TellsItsStoryInOrder) {
  worker_.send(bench::Prepare{settings_});
  const auto prepared = worker_.until<bench::Ready>();
  EXPECT_EQ(in_short(prepared), (Words{"hello", "window setup 0 0", "ready"}));
  const auto& hello = std::get<bench::Hello>(prepared.at(0));
  EXPECT_EQ(hello.parameters, 50890);
  EXPECT_EQ(hello.checks.size(), 3U);
  for (const auto& check : hello.checks) EXPECT_TRUE(check.passed()) << check.name;
  EXPECT_EQ(hello.provenance.at("settings.threads_used"), "1");
  EXPECT_EQ(hello.provenance.count("library.torch"), 1U);

  worker_.send(bench::Run{.phase = "train", .epochs = 2});
  EXPECT_EQ(
      in_short(worker_.until<bench::Done>()),
      (Words{"window warmup 0 0", "window train 0 96", "window evaluate 0 40", "quality accuracy 0",
             "quality loss 0", "quality train_loss 0", "window train 1 96", "window evaluate 1 40",
             "quality accuracy 1", "quality loss 1", "quality train_loss 1",
             "quality peak_resident_bytes 0", "quality ceiling_flop_per_s 0", "done"}));

  worker_.send(bench::Run{.phase = "infer", .seconds = 0.05, .index = 0});
  auto inferred = worker_.until<bench::Done>();
  EXPECT_EQ(in_short(inferred).at(0), "window warmup 1 0");
  EXPECT_TRUE(in_short(inferred).at(1).starts_with("window infer 0 "));
  worker_.send(bench::Run{.phase = "infer", .seconds = 0.05, .index = 1});
  inferred = worker_.until<bench::Done>();
  ASSERT_TRUE(in_short(inferred).at(0).starts_with("window infer 1 "))
      << "only the first repetition warms up";
  const auto& window = std::get<bench::WindowDone>(inferred[0]);
  EXPECT_EQ(window.index, 1);
  EXPECT_GE(window.window.length(), Seconds(0.05));
  EXPECT_EQ(window.items % 16, 0) << "full batches";

  worker_.send(bench::Stop{});
  EXPECT_EQ(worker_.exit_code(), 0);
}

TEST_F(Session, AtScaleTinyTheTokensOfTheTinySequenceAreCounted) {
  settings_.workload = "llama_mini";
  settings_.scale = "tiny";
  settings_.data.clear();
  settings_.infer_batch = 3;
  worker_.send(bench::Prepare{settings_});
  worker_.until<bench::Ready>();
  worker_.send(bench::Run{.phase = "infer", .seconds = 0.0});
  std::int64_t items = 0;
  for (const auto& event : worker_.until<bench::Done>()) {
    const auto* window = std::get_if<bench::WindowDone>(&event);
    if (window != nullptr && window->phase == "infer") items = window->items;
  }
  EXPECT_EQ(items, 3 * 16) << "one batch of sequences of 16 tokens";
  worker_.send(bench::Stop{});
}

TEST_F(Session, StopsEarlyAtTheTarget) {
  settings_.target_accuracy = 0.0;
  worker_.send(bench::Prepare{settings_});
  worker_.until<bench::Ready>();
  worker_.send(bench::Run{.phase = "train", .epochs = 50});
  std::map<std::string, int> windows;
  for (const auto& event : worker_.until<bench::Done>()) {
    if (const auto* window = std::get_if<bench::WindowDone>(&event)) ++windows[window->phase];
  }
  EXPECT_EQ(windows["train"], 1);
}

TEST_F(Session, AStopInMidTrainingIsHeard) {
  worker_.send(bench::Prepare{settings_});
  worker_.until<bench::Ready>();
  worker_.send(bench::Run{.phase = "infer", .seconds = 3600.0});
  worker_.send(bench::Stop{});
  EXPECT_EQ(worker_.exit_code(), 0);
}

TEST_F(Session, NamesTheNearestWorkload) {
  settings_.workload = "lenet";
  const auto error = failure();
  EXPECT_EQ(error.kind, ErrorKind::usage);
  EXPECT_NE(error.message.find("'lenet5'"), std::string::npos) << error.message;
}

TEST_F(Session, SaysHowToGetTheData) {
  settings_.data = (folder_.path() / "absent").string();
  const auto error = failure();
  EXPECT_EQ(error.kind, ErrorKind::not_found);
  EXPECT_NE(error.remedy.find("apt-get install dataset-fashion-mnist"), std::string::npos);
}

TEST_F(Session, RefusesADeviceThatIsNoDevice) {
  settings_.device = "abacus";
  EXPECT_EQ(failure().kind, ErrorKind::usage);
}

TEST_F(Session, OutOfMemoryIsAnAnswer) {
  settings_.workload = "resnet50";
  settings_.data.clear();
  settings_.batch = std::int64_t{1} << 40;
  EXPECT_EQ(failure().kind, ErrorKind::out_of_memory);
}

TEST_F(Session, RunBeforePrepareIsRefused) {
  worker_.send(bench::Run{.phase = "train", .epochs = 1});
  const auto events = worker_.until<bench::Done>();
  ASSERT_FALSE(events.empty());
  EXPECT_TRUE(std::holds_alternative<bench::Failed>(events.back()));
  EXPECT_EQ(worker_.exit_code(), 3);
}

}  // namespace
}  // namespace btrack::models
