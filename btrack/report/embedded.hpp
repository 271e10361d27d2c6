// SPDX-License-Identifier: Apache-2.0
// The files that the build puts into the program (cmake/embed.cmake).
#pragma once

#include <string_view>

namespace btrack::embedded {

std::string_view messages_json();  ///< data/messages.json
std::string_view report_page();    ///< web/dist/report.html

}  // namespace btrack::embedded
