// Calls: built in C++ (FrameBuilder) or read from JSON (ParseRequest), checked once, then a Frame
// that any number of decisions may read.
#pragma once

// IWYU pragma: begin_exports
#include "runtime/frame/frame.h"
#include "runtime/frame/frame_builder.h"
#include "runtime/frame/request_json.h"
// IWYU pragma: end_exports
