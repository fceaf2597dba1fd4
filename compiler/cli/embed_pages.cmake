# cmake -DPAGES=a.md;b.md -DOUTPUT=pages.cpp -P embed_pages.cmake
# Writes the pages of docs/ as a table, in order of their names, so that an installed capc has them.
list(SORT PAGES)
set(rows "")
foreach(path IN LISTS PAGES)
  get_filename_component(name "${path}" NAME_WE)
  file(READ "${path}" text)
  # A compiler may refuse string literals over 64 KiB; a page that long is nobody's help anyway.
  string(LENGTH "${text}" length)
  if(length GREATER 60000)
    message(FATAL_ERROR "${path} is too large to embed")
  endif()
  string(APPEND rows "    {\"${name}\", R\"cap_page(${text})cap_page\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by embed_pages.cmake from docs/.
#include \"compiler/cli/pages.h\"

namespace cap::cli {

const std::vector<Page>& Pages() {
  static const std::vector<Page> kPages = {
${rows}  };
  return kPages;
}

}  // namespace cap::cli
")
