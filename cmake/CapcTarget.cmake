# The one place for warnings, sanitizers and include roots of our own targets.
set(CAPC_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bugs 105651 and 105593: at -O2 `"text" + std::string` is taken for overlapping copies, and a
  # moved std::variant for an uninitialised one.
  list(APPEND CAPC_WARNINGS -Wno-restrict $<$<NOT:$<CONFIG:Debug>>:-Wno-maybe-uninitialized>)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # std::stable_sort of GCC 12's library calls what that library itself declares deprecated, and Clang
  # does not take these instantiations for the library's.
  list(APPEND CAPC_WARNINGS -Wno-deprecated-declarations)
endif()

function(capc_options target)
  target_compile_options(${target} PRIVATE ${CAPC_WARNINGS})
  if(CAPC_SANITIZE STREQUAL "address" AND CMAKE_UNITY_BUILD)
    # What it finds it finds by running; Clang's own warnings are errors in the fuzzers' build.
    target_compile_options(${target} PRIVATE -Wno-error)
  endif()
  if(CAPC_SANITIZE STREQUAL "address")
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all
                                             -fno-omit-frame-pointer)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      # It would look in front of a function for its type; native code that the JIT made has none.
      target_compile_options(${target} PRIVATE -fno-sanitize=function)
    endif()
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  elseif(CAPC_SANITIZE STREQUAL "thread")
    target_compile_options(${target} PRIVATE -fsanitize=thread)
    target_link_options(${target} PUBLIC -fsanitize=thread)
  endif()
endfunction()

# capc_library(NAME SOURCES … LINKS … APART …): a static library of one folder. LINKS names exactly what
# it may include; tests/tidy checks the #include lines against the same list. APART names sources that
# a unity build, which compiles several files of a folder as one, compiles alone: their anonymous names
# are those of others there.
function(capc_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS;APART" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  if(ARG_APART)
    set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
  # `#include "runtime/…"` and `#include "compiler/…"` from the root; `#include "cap/…"` public.
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
                                            $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/runtime/include>
                                            $<INSTALL_INTERFACE:include/capc>)
  target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  capc_options(${name})
endfunction()

# capc_busy(TARGET…): what long runs spend their time in, or what is held to limits of time. It is
# optimized with sanitizers too; the rest of that build is not, which halves its time.
function(capc_busy)
  if(CAPC_SANITIZE)
    foreach(target IN LISTS ARGN)
      target_compile_options(${target} PRIVATE -O1)
    endforeach()
  endif()
endfunction()

# capc_only_plain(TARGET…): what no stage runs with sanitizers is not built with them.
function(capc_only_plain)
  if(CAPC_SANITIZE)
    set_target_properties(${ARGN} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()

function(capc_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;APART" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  if(ARG_APART)
    set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/runtime/include)
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  capc_options(${name})
endfunction()
