# Build types, warnings and sanitizers, as interface targets: nothing global but the language level.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Binaries of all folders land together, so that `vfleet` finds its sisters next to itself.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# Dev: fast enough to run fleets in tests, asserts on, line tables for stack traces.
# FORCE: project() has made empty ones.
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_DEV "-O1 -g1" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "" FORCE)

set(VFLEET_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")
option(VFLEET_FUZZ "Build libFuzzer targets (clang)" OFF)

add_library(vfleet_options INTERFACE)
target_compile_options(vfleet_options INTERFACE
  -Wall -Wextra -Wpedantic -Wno-missing-field-initializers -Wnon-virtual-dtor -Wold-style-cast -Wunused
  $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local>)
target_include_directories(vfleet_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_definitions(vfleet_options INTERFACE VFLEET_VERSION="${PROJECT_VERSION}")
if(VFLEET_SANITIZE)
  target_compile_options(vfleet_options INTERFACE
    -fsanitize=${VFLEET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # g++ 12 takes the sanitizers' own code in std::variant for reads of what was never written.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(vfleet_options INTERFACE -fsanitize=${VFLEET_SANITIZE})
endif()
if(VFLEET_FUZZ)
  target_compile_options(vfleet_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
# lld halves the link time of the test binaries; the default linker works too.
find_program(LLD_PROGRAM ld.lld)
if(LLD_PROGRAM)
  target_link_options(vfleet_options INTERFACE -fuse-ld=lld)
endif()
