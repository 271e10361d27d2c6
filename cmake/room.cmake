# SPDX-License-Identifier: Apache-2.0
# btrack_room(): the only way to make a library. One room = one folder = one static library.
#
#   btrack_room(power USES core stats PRIVATE_LIBS ... PUBLIC_LIBS ...)
#
# FOLDERS names the folders inside the room whose files belong to it, too.
#
# Fails the configure when a file of the room includes a room that is not in USES, when USES names a
# room that is not declared yet, or when a LibTorch header appears outside the models room.

# The files of that ending in the room's folder and in the named folders inside it.
function(btrack_room_files ending folders result)
  set(patterns "${CMAKE_CURRENT_SOURCE_DIR}/*${ending}")
  foreach(folder IN LISTS folders)
    list(APPEND patterns "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*${ending}")
  endforeach()
  file(GLOB files CONFIGURE_DEPENDS ${patterns})
  set(${result} ${files} PARENT_SCOPE)
endfunction()

function(btrack_check_layers name uses folders)
  btrack_room_files(".[ch]pp" "${folders}" files)
  foreach(file IN LISTS files)
    file(STRINGS "${file}" includes REGEX "^[ \t]*#[ \t]*include")
    foreach(line IN LISTS includes)
      if(line MATCHES "\"btrack/([a-z_]+)/" AND NOT CMAKE_MATCH_1 STREQUAL "${name}"
         AND NOT CMAKE_MATCH_1 IN_LIST uses)
        message(FATAL_ERROR "${file}: room '${name}' may not use room '${CMAKE_MATCH_1}'; "
                            "it declares USES ${uses}")
      endif()
      if(NOT name STREQUAL "models" AND line MATCHES "[<\"](torch|ATen|c10)/")
        message(FATAL_ERROR "${file}: LibTorch belongs to the models room only (${line})")
      endif()
    endforeach()
  endforeach()
endfunction()

function(btrack_room name)
  cmake_parse_arguments(ROOM "" "" "FOLDERS;USES;PRIVATE_LIBS;PUBLIC_LIBS;EXCLUDE" ${ARGN})
  foreach(used IN LISTS ROOM_USES)
    if(NOT TARGET btrack_${used})
      message(FATAL_ERROR "room '${name}' uses '${used}', which is not declared above it")
    endif()
  endforeach()
  btrack_check_layers(${name} "${ROOM_USES}" "${ROOM_FOLDERS}")

  btrack_room_files(".cpp" "${ROOM_FOLDERS}" sources)
  foreach(file IN LISTS ROOM_EXCLUDE)
    list(REMOVE_ITEM sources "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  endforeach()
  add_library(btrack_${name} STATIC ${sources})
  target_include_directories(btrack_${name} PUBLIC "${CMAKE_SOURCE_DIR}")
  list(TRANSFORM ROOM_USES PREPEND "btrack_" OUTPUT_VARIABLE used_targets)
  target_link_libraries(btrack_${name} PUBLIC ${used_targets} ${ROOM_PUBLIC_LIBS}
                                       PRIVATE btrack_flags ${ROOM_PRIVATE_LIBS})
  if(BTRACK_HEADER_CHECKS OR (BTRACK_TESTS AND name STREQUAL "models"))
    btrack_check_headers(${name} "${ROOM_FOLDERS}")
  endif()
endfunction()

# Every header compiles alone: NAME.cpp shows it for NAME.hpp, which it includes first (clang-format sees to
# that); the others get a file that holds nothing else.
function(btrack_check_headers name folders)
  btrack_room_files(".hpp" "${folders}" headers)
  set(units)
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "hpp$" "cpp" source "${header}")
    if(EXISTS "${source}")
      continue()
    endif()
    file(RELATIVE_PATH header "${CMAKE_SOURCE_DIR}" "${header}")
    string(REPLACE "/" "_" unit "${header}")
    set(unit "${CMAKE_CURRENT_BINARY_DIR}/headers/${unit}.cpp")
    file(CONFIGURE OUTPUT "${unit}" CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
    list(APPEND units "${unit}")
  endforeach()
  if(units)
    add_library(btrack_${name}_headers OBJECT ${units})
    set_property(GLOBAL APPEND PROPERTY BTRACK_HEADER_UNITS btrack_${name}_headers)
    target_link_libraries(btrack_${name}_headers PRIVATE btrack_${name} btrack_flags)
    if(name STREQUAL "models" AND TARGET btrack_torch)
      target_link_libraries(btrack_${name}_headers PRIVATE btrack_torch)
    endif()
  endif()
endfunction()
