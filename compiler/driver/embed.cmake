# cmake -DMODULES=a.cap;b.cap -DOUTPUT=texts.cpp -P embed.cmake
# Writes the texts of the modules as a table, in order of their names.
list(SORT MODULES)
set(rows "")
foreach(path IN LISTS MODULES)
  get_filename_component(name "${path}" NAME_WE)
  file(READ "${path}" text)
  # A compiler may refuse string literals over 64 KiB; a module that large should be split anyway.
  string(LENGTH "${text}" length)
  if(length GREATER 60000)
    message(FATAL_ERROR "${path} is too large to embed")
  endif()
  string(APPEND rows "    {\"${name}\", R\"cap_text(${text})cap_text\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by embed.cmake from stdlib/*.cap.
#include \"compiler/driver/library.h\"

namespace cap {

const std::vector<LibraryText>& LibraryTexts() {
  static const std::vector<LibraryText> kTexts = {
${rows}  };
  return kTexts;
}

}  // namespace cap
")
