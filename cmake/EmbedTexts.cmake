# cmake -DFILES=a.md;b.md -DOUTPUT=texts.cpp -DHEADER=folder/x.h -DNAMESPACE=cap -DROW=Text
#       -DFUNCTION=Texts -P EmbedTexts.cmake
# Writes FUNCTION(), declared in HEADER, which gives the texts of the files as a table of ROWs
# {name, text}, in order of their names, so that an installed binary has them.
list(SORT FILES)
set(rows "")
foreach(path IN LISTS FILES)
  get_filename_component(name "${path}" NAME_WE)
  file(READ "${path}" text)
  # A compiler may refuse string literals over 64 KiB; a text that long should be split anyway.
  string(LENGTH "${text}" length)
  if(length GREATER 60000)
    message(FATAL_ERROR "${path} is too large to embed")
  endif()
  string(APPEND rows "    {\"${name}\", R\"cap_text(${text})cap_text\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by cmake/EmbedTexts.cmake.
#include \"${HEADER}\"

namespace ${NAMESPACE} {

const std::vector<${ROW}>& ${FUNCTION}() {
  static const std::vector<${ROW}> kTexts = {
${rows}  };
  return kTexts;
}

}  // namespace ${NAMESPACE}
")
