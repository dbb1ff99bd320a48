# bpf_object(NAME): compiles NAME.bpf.c of the calling folder with clang and makes the skeleton NAME.skel.h of it. Link the
# interface library bpf_NAME to include it. A header that the source includes, directly or not, rebuilds both (depfile).
find_program(CLANG clang REQUIRED)
find_program(BPFTOOL bpftool PATHS /usr/sbin /sbin REQUIRED)
execute_process(COMMAND uname -m OUTPUT_VARIABLE TICKWIRE_MACHINE OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REPLACE "x86_64" "x86" TICKWIRE_BPF_ARCH ${TICKWIRE_MACHINE})
string(REPLACE "aarch64" "arm64" TICKWIRE_BPF_ARCH ${TICKWIRE_BPF_ARCH})

function(bpf_object name)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror -D__TARGET_ARCH_${TICKWIRE_BPF_ARCH}
            -I${PROJECT_SOURCE_DIR}/include -I${CMAKE_CURRENT_SOURCE_DIR} -idirafter /usr/include/${TICKWIRE_MACHINE}-linux-gnu
            -MD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
    DEPENDS ${source}
    DEPFILE ${object}.d
    COMMENT "BPF ${name}.bpf.o"
    VERBATIM)
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND sh -c "${BPFTOOL} gen skeleton ${object} name ${name}_bpf >${skeleton}.new && mv ${skeleton}.new ${skeleton}"
    DEPENDS ${object}
    COMMENT "BPF ${name}.skel.h"
    VERBATIM)
  add_custom_target(bpf_${name}_skeleton DEPENDS ${skeleton})
  add_library(bpf_${name} INTERFACE)
  add_dependencies(bpf_${name} bpf_${name}_skeleton)
  target_include_directories(bpf_${name} SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(bpf_${name} INTERFACE PkgConfig::libbpf)
endfunction()
