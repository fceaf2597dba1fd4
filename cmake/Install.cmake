# `cmake --install`: the capc command, the runtime's libraries and headers, and the package that
# `find_package(capc)` finds. capc::runtime needs neither ANTLR nor LLVM; capc::jit brings LLVM,
# capc::sqlite SQLite, capc::redis hiredis and OpenSSL.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(capc_runtime INTERFACE)
target_link_libraries(capc_runtime INTERFACE cap_engine)
target_compile_features(capc_runtime INTERFACE cxx_std_23)
set_target_properties(capc_runtime PROPERTIES EXPORT_NAME runtime)
install(TARGETS capc_runtime cap_base cap_value cap_program cap_interp cap_frame cap_state
                cap_engine
        EXPORT capc-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/capc)
if(TARGET cap_jit)
  set_target_properties(cap_jit PROPERTIES EXPORT_NAME jit)
  install(TARGETS cap_jit EXPORT capc-jit-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT capc-jit-targets NAMESPACE capc:: DESTINATION ${package_dir})
endif()
if(TARGET cap_sqlite)
  set_target_properties(cap_sqlite PROPERTIES EXPORT_NAME sqlite)
  install(TARGETS cap_sqlite EXPORT capc-sqlite-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT capc-sqlite-targets NAMESPACE capc:: DESTINATION ${package_dir})
  install(FILES runtime/sqlite/sqlite_store.h DESTINATION include/capc/runtime/sqlite)
endif()
if(TARGET cap_redis)
  set_target_properties(cap_redis PROPERTIES EXPORT_NAME redis)
  install(TARGETS cap_redis EXPORT capc-redis-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT capc-redis-targets NAMESPACE capc:: DESTINATION ${package_dir})
  install(FILES runtime/redis/redis_store.h DESTINATION include/capc/runtime/redis)
endif()
install(EXPORT capc-targets NAMESPACE capc:: DESTINATION ${package_dir})

# Public headers are cap/*.h; those of runtime/ that they include stand beside them.
install(DIRECTORY runtime/include/cap DESTINATION include/capc)
install(DIRECTORY runtime/base runtime/value runtime/program runtime/frame
        DESTINATION include/capc/runtime FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
install(FILES runtime/jit/jit.h DESTINATION include/capc/runtime/jit)
install(FILES runtime/state/lease.h runtime/state/store.h DESTINATION include/capc/runtime/state)
configure_package_config_file(cmake/capc-config.cmake.in capc-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(capc-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/capc-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/capc-config-version.cmake
        DESTINATION ${package_dir})

# For builds without CMake. The prefix is found from where the file lies, so that a moved tree works.
file(RELATIVE_PATH pc_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
configure_file(cmake/capc.pc.in capc.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/capc.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET capc_manual)
  get_target_property(manual_folder capc_manual FOLDER_OF_MANUAL)
  install(FILES ${manual_folder}/capc.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${manual_folder}/capc.bash RENAME capc
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()
