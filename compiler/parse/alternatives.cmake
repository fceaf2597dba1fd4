# Writes one row ALTERNATIVE(Name) for each visit method of the generated visitor.
file(STRINGS "${VISITOR}" lines REGEX "virtual antlrcpp::Any visit[A-Za-z]+\\(")
set(text "")
foreach(line IN LISTS lines)
  string(REGEX REPLACE ".* visit([A-Za-z]+)\\(.*" "\\1" name "${line}")
  string(APPEND text "ALTERNATIVE(${name})\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}")
