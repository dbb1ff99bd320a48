// SPDX-License-Identifier: Apache-2.0
#include "ingest/decoder.h"
