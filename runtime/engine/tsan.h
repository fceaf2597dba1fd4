// Whether ThreadSanitizer watches this build: it knows neither membarrier(2) nor wide loads of
// atomics, and would report the races that these do not have.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define CAP_ENGINE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CAP_ENGINE_TSAN 1
#endif
#endif
#if !defined(CAP_ENGINE_TSAN)
#define CAP_ENGINE_TSAN 0
#endif
