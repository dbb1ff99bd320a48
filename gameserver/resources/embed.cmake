# cmake -DOUT=FILE.cc -DFILES=A;B;C -P embed.cmake: a source that holds these files' bytes, in this order. The same bytes give the same
# source, wherever the tree lies.
set(text "// Generated from gameserver/resources/defaults.\n#include \"gameserver/resources/embedded.h\"\n\nnamespace tickwire::game {\nnamespace {\n\n")
set(rows "")
set(number 0)
foreach(file ${FILES})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  # A byte behind the end, which nobody sees: an array cannot be empty.
  string(APPEND text "constexpr unsigned char kFile${number}[] = {${bytes}0};\n")
  string(APPEND rows "    std::span(kFile${number}).first(sizeof kFile${number} - 1),\n")
  math(EXPR number "${number} + 1")
endforeach()
string(APPEND text "\nconstexpr std::array<std::span<const unsigned char>, ${number}> kFiles{\n${rows}};\nstatic_assert(kFiles.size() == kResourceCount);\n\n")
string(APPEND text "}  // namespace\n\nstd::span<const std::byte> embedded(ResourceId id) {\n  return std::as_bytes(kFiles[static_cast<std::size_t>(id)]);\n}\n\n}  // namespace tickwire::game\n")
file(WRITE ${OUT} "${text}")
