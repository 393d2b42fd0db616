# Everything comes from Debian packages; scripts/setup installs them.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
find_package(cppzmq REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)

# Asio, header only, as the whole project uses it: no Boost.System library, no deprecated names.
add_library(vfleet_asio INTERFACE)
target_link_libraries(vfleet_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(vfleet_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ERROR_CODE_HEADER_ONLY
  BOOST_ASIO_DISABLE_BOOST_DATE_TIME)

# Time zones: Abseil's time library, linked into the one program that asks (its shared libraries are ten more to load
# in each worker). CMake knows only those, so the archives are named here, in an order that the linker likes.
add_library(vfleet_time_zones INTERFACE)
foreach(part time time_zone civil_time strings strings_internal int128 base throw_delegate spinlock_wait
             raw_logging_internal log_severity)
  find_library(VFLEET_ABSL_${part} libabsl_${part}.a REQUIRED)
  mark_as_advanced(VFLEET_ABSL_${part})
  target_link_libraries(vfleet_time_zones INTERFACE ${VFLEET_ABSL_${part}})
endforeach()
target_link_libraries(vfleet_time_zones INTERFACE Threads::Threads)
