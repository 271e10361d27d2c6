# SPDX-License-Identifier: Apache-2.0
# Run at every build: writes version.cpp anew only when the commit changed.
execute_process(COMMAND git -C "${SOURCE_DIR}" describe --always --dirty --abbrev=10 --match=NONE
                OUTPUT_VARIABLE BTRACK_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  set(BTRACK_COMMIT "unknown")
endif()
configure_file("${SOURCE_DIR}/btrack/bench/version.cpp.in" "${OUTPUT}" @ONLY)
