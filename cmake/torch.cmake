# SPDX-License-Identifier: Apache-2.0
# Finds LibTorch >= 2.5 and makes the one target `btrack_torch`. The models room alone includes this.
#
# Order: Torch_DIR and CMAKE_PREFIX_PATH; an importable `torch` of the active python3; a virtual
# environment beside the build folders, shared by all presets, into which BTRACK_TORCH_SPEC goes.
# The libraries are linked by path instead of through TorchConfig.cmake: that file demands the whole
# CUDA toolkit for a CUDA wheel and spreads flags over global variables; we need neither.
set(BTRACK_TORCH_MINIMUM 2.5)
get_filename_component(BTRACK_TORCH_VENV "${CMAKE_BINARY_DIR}/../torch" ABSOLUTE)

# Version of the LibTorch under `root`, empty where there is none.
function(btrack_torch_version root result)
  set(${result} "" PARENT_SCOPE)
  foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(EXISTS "${root}/include/${header}")
      file(STRINGS "${root}/include/${header}" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]")
      string(REGEX MATCHALL "[0-9]+" numbers "${lines}")
      if(numbers)
        list(JOIN numbers "." version)
        set(${result} "${version}" PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
endfunction()

# The roots (folders that hold include/ and lib/) that the caller of CMake points to.
function(btrack_torch_named_root result)
  set(hints "${Torch_DIR}" "$ENV{Torch_DIR}")
  string(REPLACE ":" ";" environment "$ENV{CMAKE_PREFIX_PATH}")
  foreach(prefix IN LISTS CMAKE_PREFIX_PATH environment)
    list(APPEND hints "${prefix}/Torch" "${prefix}/share/cmake/Torch" "${prefix}/lib/cmake/Torch")
  endforeach()
  foreach(hint IN LISTS hints)
    if(hint AND EXISTS "${hint}/TorchConfig.cmake")
      get_filename_component(root "${hint}/../../.." ABSOLUTE)
      set(${result} "${root}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${result} "" PARENT_SCOPE)
endfunction()

# The folder of the `torch` that `python` would import, without the seconds of importing it.
function(btrack_torch_python_root python result)
  execute_process(
    COMMAND "${python}" -c "import importlib.util as u; s = u.find_spec('torch'); print(list(s.submodule_search_locations)[0] if s else '')"
    OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(${result} "${root}" PARENT_SCOPE)
endfunction()

function(btrack_torch_install python)
  if(NOT python)
    message(FATAL_ERROR "No LibTorch was found, and there is no python3 to install the wheel '${BTRACK_TORCH_SPEC}'.\n"
      "Install it (Debian: apt-get install python3-venv), point CMAKE_PREFIX_PATH to a LibTorch >= "
      "${BTRACK_TORCH_MINIMUM}, or build without the models: -DBTRACK_TORCH=OFF.")
  endif()
  message(STATUS "LibTorch: installing '${BTRACK_TORCH_SPEC}' into ${BTRACK_TORCH_VENV} (about 1 GB, once for all presets)")
  execute_process(COMMAND "${python}" -m venv --clear "${BTRACK_TORCH_VENV}" RESULT_VARIABLE failed
                  OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    file(REMOVE_RECURSE "${BTRACK_TORCH_VENV}")
    message(FATAL_ERROR "${python} cannot make a virtual environment.\n"
                        "Install its venv module (Debian: apt-get install python3-venv).\nIt said: ${said}")
  endif()
  separate_arguments(spec UNIX_COMMAND "${BTRACK_TORCH_SPEC}")
  execute_process(COMMAND "${BTRACK_TORCH_VENV}/bin/python" -m pip install --disable-pip-version-check ${spec}
                  RESULT_VARIABLE failed)
  if(failed)
    file(REMOVE_RECURSE "${BTRACK_TORCH_VENV}")
    message(FATAL_ERROR "pip could not install '${BTRACK_TORCH_SPEC}' (see above).\n"
      "Set -DBTRACK_TORCH_SPEC to what your package index offers, point CMAKE_PREFIX_PATH to a LibTorch >= "
      "${BTRACK_TORCH_MINIMUM}, or build without the models: -DBTRACK_TORCH=OFF.")
  endif()
  file(WRITE "${BTRACK_TORCH_VENV}/btrack-spec" "${BTRACK_TORCH_SPEC}")
endfunction()

# The venv's root; installs on the first call and after BTRACK_TORCH_SPEC has changed.
function(btrack_torch_own_root python result)
  get_filename_component(parent "${BTRACK_TORCH_VENV}" DIRECTORY)
  file(MAKE_DIRECTORY "${parent}")
  file(LOCK "${BTRACK_TORCH_VENV}.lock" GUARD FUNCTION TIMEOUT 1800)  # two presets configured at once
  set(installed "")
  if(EXISTS "${BTRACK_TORCH_VENV}/btrack-spec")
    file(READ "${BTRACK_TORCH_VENV}/btrack-spec" installed)
  endif()
  if(NOT installed STREQUAL BTRACK_TORCH_SPEC)
    btrack_torch_install("${python}")
  endif()
  btrack_torch_python_root("${BTRACK_TORCH_VENV}/bin/python" root)
  set(${result} "${root}" PARENT_SCOPE)
endfunction()

# Sets BTRACK_TORCH_ROOT, _VERSION and _ORIGIN.
macro(btrack_torch_locate)
  find_program(BTRACK_PYTHON NAMES python3 DOC "Python whose torch package is used")
  set(BTRACK_TORCH_ORIGIN "CMAKE_PREFIX_PATH")
  btrack_torch_named_root(BTRACK_TORCH_ROOT)
  btrack_torch_version("${BTRACK_TORCH_ROOT}" BTRACK_TORCH_VERSION)
  if(BTRACK_TORCH_ROOT AND BTRACK_TORCH_VERSION VERSION_LESS BTRACK_TORCH_MINIMUM)
    message(FATAL_ERROR "The LibTorch in ${BTRACK_TORCH_ROOT} is version '${BTRACK_TORCH_VERSION}', and "
      "${BTRACK_TORCH_MINIMUM} or newer is needed. Point CMAKE_PREFIX_PATH (or Torch_DIR) to a newer one, or unset it.")
  endif()
  if(NOT BTRACK_TORCH_ROOT AND BTRACK_PYTHON)
    set(BTRACK_TORCH_ORIGIN "python3")
    btrack_torch_python_root("${BTRACK_PYTHON}" BTRACK_TORCH_ROOT)
    btrack_torch_version("${BTRACK_TORCH_ROOT}" BTRACK_TORCH_VERSION)
    if(BTRACK_TORCH_ROOT AND BTRACK_TORCH_VERSION VERSION_LESS BTRACK_TORCH_MINIMUM)
      message(STATUS "LibTorch: passing over '${BTRACK_TORCH_VERSION}' of ${BTRACK_PYTHON}, older than ${BTRACK_TORCH_MINIMUM}")
      set(BTRACK_TORCH_ROOT "")
    endif()
  endif()
  if(NOT BTRACK_TORCH_ROOT)
    set(BTRACK_TORCH_ORIGIN "build folder")
    btrack_torch_own_root("${BTRACK_PYTHON}" BTRACK_TORCH_ROOT)
    btrack_torch_version("${BTRACK_TORCH_ROOT}" BTRACK_TORCH_VERSION)
    if(BTRACK_TORCH_VERSION VERSION_LESS BTRACK_TORCH_MINIMUM)
      message(FATAL_ERROR "'${BTRACK_TORCH_SPEC}' gave LibTorch '${BTRACK_TORCH_VERSION}' in ${BTRACK_TORCH_VENV}, and "
                          "${BTRACK_TORCH_MINIMUM} or newer is needed: set -DBTRACK_TORCH_SPEC.")
    endif()
  endif()
endmacro()

# Wheels before 2.7 use the string layout of GCC 4, which Debian's own C++ libraries do not.
function(btrack_torch_check_abi root)
  set(config "${root}/share/cmake/Torch/TorchConfig.cmake")
  if(EXISTS "${config}")
    file(STRINGS "${config}" old REGEX "_GLIBCXX_USE_CXX11_ABI=0")
    if(old)
      message(FATAL_ERROR "The LibTorch in ${root} was built with the pre-C++11 string ABI and cannot be linked with "
        "this system's libraries. Use a wheel of 2.7 or newer, or a 'cxx11-abi' archive of LibTorch.")
    endif()
  endif()
endfunction()

# Empty for a CPU build, else the CUDA version the wheel names ("13.0", or "yes" where it names none).
function(btrack_torch_cuda_version root result)
  set(cuda "")
  if(EXISTS "${root}/lib/libtorch_cuda.so")
    set(cuda "yes")
    if(EXISTS "${root}/version.py")
      file(STRINGS "${root}/version.py" line REGEX "^cuda")
      if(line MATCHES "'([0-9.]+)'")
        set(cuda "${CMAKE_MATCH_1}")
      endif()
    endif()
  endif()
  set(${result} "${cuda}" PARENT_SCOPE)
endfunction()

# Wheels also ship fmt, pybind11 and others; on the include path they would hide the system's own
# headers of another version. So only LibTorch's folders are put there, through links.
function(btrack_torch_headers root result)
  set(folder "${CMAKE_BINARY_DIR}/torch_headers")
  file(REMOVE_RECURSE "${folder}")
  file(MAKE_DIRECTORY "${folder}")
  foreach(part ATen c10 caffe2 torch)
    if(IS_DIRECTORY "${root}/include/${part}")
      file(CREATE_LINK "${root}/include/${part}" "${folder}/${part}" SYMBOLIC)
    endif()
  endforeach()
  set(${result} "${folder}" "${folder}/torch/csrc/api/include" PARENT_SCOPE)
endfunction()

function(btrack_torch_target root cuda)
  add_library(btrack_torch INTERFACE)
  btrack_torch_headers("${root}" headers)
  target_include_directories(btrack_torch SYSTEM INTERFACE ${headers})
  # A wheel's libraries find their own neighbours at run time; the linker need not.
  target_link_options(btrack_torch INTERFACE LINKER:--allow-shlib-undefined)
  set(libraries "${root}/lib/libtorch_cpu.so" "${root}/lib/libc10.so")
  if(cuda)  # nothing refers to these: they register their kernels when they are loaded
    list(PREPEND libraries "-Wl,--push-state,--no-as-needed" "${root}/lib/libtorch_cuda.so"
         "${root}/lib/libc10_cuda.so" "-Wl,--pop-state")
  endif()
  foreach(library IN LISTS libraries)
    if(library MATCHES "^/" AND NOT EXISTS "${library}")
      message(FATAL_ERROR "The LibTorch in ${root} lacks ${library}; point CMAKE_PREFIX_PATH to a complete one.")
    endif()
  endforeach()
  target_link_libraries(btrack_torch INTERFACE ${libraries} Threads::Threads)
endfunction()

# A Python that imports this very LibTorch, for tests that compare with it; empty where there is none.
function(btrack_torch_find_python root)
  foreach(python "${BTRACK_PYTHON}" "${BTRACK_TORCH_VENV}/bin/python" "${root}/../../../../bin/python")
    if(python AND EXISTS "${python}")
      btrack_torch_python_root("${python}" found)
      if(found STREQUAL root)
        get_filename_component(python "${python}" ABSOLUTE)
        set_property(GLOBAL PROPERTY BTRACK_TORCH_PYTHON "${python}")
        return()
      endif()
    endif()
  endforeach()
endfunction()

btrack_torch_locate()
btrack_torch_find_python("${BTRACK_TORCH_ROOT}")
btrack_torch_check_abi("${BTRACK_TORCH_ROOT}")
btrack_torch_cuda_version("${BTRACK_TORCH_ROOT}" BTRACK_TORCH_CUDA)
btrack_torch_target("${BTRACK_TORCH_ROOT}" "${BTRACK_TORCH_CUDA}")
if(BTRACK_TORCH_CUDA)
  message(STATUS "LibTorch ${BTRACK_TORCH_VERSION}, CUDA ${BTRACK_TORCH_CUDA} (${BTRACK_TORCH_ORIGIN}): ${BTRACK_TORCH_ROOT}")
else()
  message(STATUS "LibTorch ${BTRACK_TORCH_VERSION}, CPU (${BTRACK_TORCH_ORIGIN}): ${BTRACK_TORCH_ROOT}")
endif()
