// SPDX-License-Identifier: Apache-2.0
// The line to rank 0: opens with the listener, ends with it, and gives up in one sentence.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "btrack/cluster/lifeline.hpp"

namespace btrack::cluster {
namespace {

/// A listening socket at a free port of the loopback.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_, any, length), 0);
    EXPECT_EQ(::listen(fd_, 1), 0);
    ::getsockname(fd_, any, &length);
    ranks.rank = 1;
    ranks.size = 2;
    ranks.master_address = "127.0.0.1";
    ranks.master_port = ntohs(address.sin_port);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] int accept() const { return ::accept(fd_, nullptr, nullptr); }
  Ranks ranks;

 private:
  int fd_;
};

TEST(Lifeline, EndsWithRankZero) {
  const Listener listener;
  const auto line = Lifeline::connect(listener.ranks, Seconds(5), {});
  ASSERT_TRUE(line.has_value()) << line.error().message;
  const int theirs = listener.accept();
  EXPECT_FALSE(line->ended());
  ::close(theirs);
  EXPECT_TRUE(line->ended(Seconds(5)));
}

TEST(Lifeline, IsNotHeldByAWorkerThatIsJustEnding) {
  const Listener listener;
  std::atomic<int> kept{-1};
  std::thread rank_0([&] {
    ::close(listener.accept());
    kept = listener.accept();
  });
  const auto line = Lifeline::connect(listener.ranks, Seconds(10), {});
  rank_0.join();
  ASSERT_TRUE(line.has_value()) << line.error().message;
  EXPECT_FALSE(line->ended());
  ::close(kept);
}

TEST(Lifeline, GivesUpInOneSentence) {
  Ranks ranks;
  {
    const Listener listener;
    ranks = listener.ranks;  // its port is free again after this
  }
  const auto line = Lifeline::connect(ranks, Seconds(0), {});
  ASSERT_FALSE(line.has_value());
  EXPECT_EQ(line.error().kind, ErrorKind::timeout);
  EXPECT_NE(line.error().message.find("rank 1 waited"), std::string::npos);
  const auto stopped = Lifeline::connect(ranks, Seconds(60), [] { return true; });
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace btrack::cluster
