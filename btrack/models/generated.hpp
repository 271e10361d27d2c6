// SPDX-License-Identifier: Apache-2.0
// Tasks with a known answer, made from the seed: accuracy without a data set's files.
#pragma once

#include "btrack/models/data.hpp"

namespace btrack::models {

/// What `settings.data` names after "generated:". docs/models.md says what each task is. Errors
/// (usage): an unknown name, with the nearest; a task of another kind than the model's.
Result<DataSet> generate_task(const Selection& selected, const results::Settings& settings);

}  // namespace btrack::models
