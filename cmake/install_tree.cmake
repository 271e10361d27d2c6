# SPDX-License-Identifier: Apache-2.0
# A relocatable tree: the programs find suites and LibTorch relative to their own path.
include(GNUInstallDirs)
install(TARGETS btrack btrackd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY suites DESTINATION ${CMAKE_INSTALL_DATADIR}/btrack FILES_MATCHING PATTERN "*.toml")
configure_file(packaging/systemd/btrackd.service.in "${CMAKE_BINARY_DIR}/btrackd.service" @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/btrackd.service" packaging/systemd/btrackd.socket DESTINATION lib/systemd/system)
install(FILES packaging/systemd/btrack.conf DESTINATION lib/sysusers.d)
install(FILES LICENSE README.md README.ja.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The wheel under the build folder is ours and goes with `rm -rf build`: its libraries are copied. A
# LibTorch of the user's own is referred to where it is, unless the option says otherwise.
if(TARGET btrack-worker)
  get_target_property(torch_root btrack_torch INTERFACE_LINK_LIBRARIES)
  list(FILTER torch_root INCLUDE REGEX "/libtorch_cpu\\.so$")
  get_filename_component(torch_root "${torch_root}" DIRECTORY)  # ROOT/lib
  get_filename_component(torch_root "${torch_root}" DIRECTORY)
  get_filename_component(own_folder "${CMAKE_BINARY_DIR}/../torch" ABSOLUTE)
  string(FIND "${torch_root}" "${own_folder}/" own_wheel)
  if(own_wheel EQUAL 0)
    set(bundle ON)
  else()
    set(bundle OFF)
  endif()
  option(BTRACK_INSTALL_TORCH "Copy the LibTorch libraries into the installed tree" ${bundle})

  if(BTRACK_INSTALL_TORCH)
    set(library_dir "${CMAKE_INSTALL_LIBDIR}/btrack")
    file(RELATIVE_PATH from_bin "/${CMAKE_INSTALL_BINDIR}" "/${library_dir}")
    set_target_properties(btrack-worker PROPERTIES
      INSTALL_RPATH "$ORIGIN/${from_bin}" INSTALL_RPATH_USE_LINK_PATH OFF)
    install(TARGETS btrack-worker RUNTIME_DEPENDENCY_SET worker_libraries
            RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    # Only what lies beside LibTorch; the system's libraries stay the system's.
    get_filename_component(beside "${torch_root}" DIRECTORY)
    install(RUNTIME_DEPENDENCY_SET worker_libraries
            POST_INCLUDE_REGEXES "^${beside}/" POST_EXCLUDE_REGEXES ".*"
            DIRECTORIES "${torch_root}/lib"
            LIBRARY DESTINATION "${library_dir}")
  else()
    set_target_properties(btrack-worker PROPERTIES INSTALL_RPATH "${torch_root}/lib")
    install(TARGETS btrack-worker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endif()
