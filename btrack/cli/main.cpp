// SPDX-License-Identifier: Apache-2.0
// The btrack program.
#include "btrack/cli/command.hpp"

int main(int argc, char** argv) { return btrack::cli::main_of(argc, argv); }
