// SPDX-License-Identifier: Apache-2.0
// Libraries loaded at run time: absent, unloadable, and a symbol that is not there.
#include "btrack/core/shared_library.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

namespace btrack {
namespace {

TEST(SharedLibrary, FirstNameThatLoadsIsTaken) {
  const std::vector<std::string> names{"libnothing-of-that-name.so.9", "libm.so.6"};
  const auto library = SharedLibrary::open(names);
  ASSERT_TRUE(library) << library.error().message;
  EXPECT_EQ(library->name(), "libm.so.6");
  auto* cosine = library->find<double(double)>("cos");
  ASSERT_NE(cosine, nullptr);
  EXPECT_EQ(cosine(0.0), 1.0);
  EXPECT_EQ(library->find<void()>("nothing_of_that_name"), nullptr);
}

TEST(SharedLibrary, AbsentAndUnloadableAreToldApart) {
  const std::vector<std::string> absent{"libnothing-of-that-name.so.9"};
  EXPECT_EQ(SharedLibrary::open(absent).error().kind, ErrorKind::not_found);
  EXPECT_EQ(SharedLibrary::open(absent).error().message,
            "there is no libnothing-of-that-name.so.9");
  const std::string text = ::testing::TempDir() + "libtext.so";
  std::ofstream(text) << "no library";
  const std::vector<std::string> unloadable{text};
  EXPECT_EQ(SharedLibrary::open(unloadable).error().kind, ErrorKind::unsupported);
}

}  // namespace
}  // namespace btrack
