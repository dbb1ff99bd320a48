# room(NAME SOURCES... LINKS...): the static library tickwire_NAME of a room of agent/.
function(room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS" ${ARGN})
  add_library(tickwire_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(tickwire_${name} PUBLIC tickwire_flags ${ROOM_LINKS})
endfunction()
