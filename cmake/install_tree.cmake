# SPDX-License-Identifier: Apache-2.0
# A relocatable tree: programs find suites/ and data/ relative to their own path.
include(GNUInstallDirs)
install(TARGETS btrack RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET btrack-worker)
  install(TARGETS btrack-worker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY suites DESTINATION ${CMAKE_INSTALL_DATADIR}/btrack)
install(FILES LICENSE README.md README.ja.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
