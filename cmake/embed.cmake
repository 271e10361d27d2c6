# SPDX-License-Identifier: Apache-2.0
# btrack_embed(target file symbol): the file's bytes as `std::string_view btrack::embedded::<symbol>()`.
function(btrack_embed target file symbol)
  set(unit "${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cpp")
  get_filename_component(path "${file}" ABSOLUTE)
  set_property(SOURCE "${unit}" APPEND PROPERTY OBJECT_DEPENDS "${path}")
  file(GENERATE OUTPUT "${unit}" CONTENT "// Generated from ${file}.
#include <string_view>
__asm__(\".section .rodata\\n.global btrack_embedded_${symbol}_begin\\nbtrack_embedded_${symbol}_begin:\\n\"
        \".incbin \\\"${path}\\\"\\n.global btrack_embedded_${symbol}_end\\nbtrack_embedded_${symbol}_end:\\n.byte 0\\n.previous\\n\");
extern \"C\" const char btrack_embedded_${symbol}_begin[];
extern \"C\" const char btrack_embedded_${symbol}_end[];
namespace btrack::embedded {
std::string_view ${symbol}();
std::string_view ${symbol}() {
  return {btrack_embedded_${symbol}_begin,
          static_cast<std::size_t>(btrack_embedded_${symbol}_end - btrack_embedded_${symbol}_begin)};
}
}  // namespace btrack::embedded
")
  target_sources(${target} PRIVATE "${unit}")
endfunction()
