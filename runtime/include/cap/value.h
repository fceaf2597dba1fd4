// The values of requests and grants: Value and what it may hold, currencies and amounts, email
// addresses, paths, urls, network addresses, points in time, maps, any JSON. For hosts that build
// calls in C++ instead of JSON.
#pragma once

// IWYU pragma: begin_exports
#include "runtime/base/result.h"
#include "runtime/frame/opaque.h"
#include "runtime/value/email.h"
#include "runtime/value/instant.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"
#include "runtime/value/net.h"
#include "runtime/value/path.h"
#include "runtime/value/url.h"
#include "runtime/value/value.h"
// IWYU pragma: end_exports
