# SPDX-License-Identifier: Apache-2.0
# Language level, warnings, sanitizers and output folders, the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(BTRACK_SANITIZE "" CACHE STRING "Sanitizers, comma separated (address,undefined or thread)")
option(BTRACK_COVERAGE "Instrument for gcov" OFF)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
  if(NOT DEFINED ENV{CCACHE_SLOPPINESS})  # without it ccache passes over what uses a precompiled header
    list(PREPEND CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros)
  endif()
endif()

# Flags of our own code only; imported headers are SYSTEM.
add_library(btrack_flags INTERFACE)
target_compile_options(btrack_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                              -Wno-sign-conversion -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(btrack_flags INTERFACE -Wno-restrict)  # false alarms on strings: GCC bug 105651
endif()
if(BTRACK_WERROR)
  target_compile_options(btrack_flags INTERFACE -Werror)
endif()
if(BTRACK_SANITIZE)
  add_compile_options(-fsanitize=${BTRACK_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BTRACK_SANITIZE})
endif()
if(BTRACK_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
