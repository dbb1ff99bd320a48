# `deb` makes tickwire_VERSION_amd64.deb: the program, units that are not enabled, rules, dashboards, documents. The reference game is
# for trying things out and is built from the sources.
find_program(GZIP gzip REQUIRED)

# gzipped(SOURCE NAME DESTINATION): installs the source as NAME.gz, the same bytes each time.
function(gzipped source name destination)
  set(compressed ${PROJECT_BINARY_DIR}/package/${name}.gz)
  add_custom_command(OUTPUT ${compressed} COMMAND sh -c "${GZIP} -9nc '${source}' >'${compressed}'" DEPENDS ${source} VERBATIM)
  list(APPEND compressed_files ${compressed})
  set(compressed_files ${compressed_files} PARENT_SCOPE)
  install(FILES ${compressed} DESTINATION ${destination})
endfunction()
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/package)

set(deploy ${PROJECT_SOURCE_DIR}/deploy)
file(GLOB documents ${PROJECT_SOURCE_DIR}/docs/*.md)
install(FILES ${deploy}/systemd/tickwire.service ${deploy}/systemd/tickwire-relay.service DESTINATION /lib/systemd/system)
install(FILES ${deploy}/systemd/tickwire.conf DESTINATION /etc/tickwire)
install(FILES ${deploy}/package/copyright ${PROJECT_SOURCE_DIR}/README.md DESTINATION share/doc/tickwire)
install(FILES ${documents} DESTINATION share/doc/tickwire/docs)
install(FILES ${deploy}/package/lintian-overrides DESTINATION share/lintian/overrides RENAME tickwire)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/dashboards/rules ${PROJECT_SOURCE_DIR}/dashboards/grafana ${deploy}/alertmanager ${deploy}/prometheus
        DESTINATION share/tickwire)
gzipped(${deploy}/package/changelog changelog share/doc/tickwire)
gzipped(${deploy}/package/tickwire.1 tickwire.1 share/man/man1)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tickwire)
set(CPACK_PACKAGE_CONTACT "Tickwire maintainers <tickwire@example.net>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "where a game player's lag comes from, by eBPF")
set(CPACK_PACKAGE_DESCRIPTION
    "One agent on a game server's machine keeps round-trip time, turnaround and its\nstages of every TCP and UDP connection, and the tick of the game's loop,\nwithout a change to the game. It serves Prometheus and a command line.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES TRUE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, prometheus-alertmanager")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${deploy}/package/conffiles ${deploy}/package/postinst ${deploy}/package/prerm ${deploy}/package/postrm)
include(CPack)
add_custom_target(deb COMMAND ${CMAKE_CPACK_COMMAND} -G DEB DEPENDS tickwire ${compressed_files} WORKING_DIRECTORY ${PROJECT_BINARY_DIR} VERBATIM)
