# One library per folder (vfleet::codec_json lives in simulator/codec/json), one helper per kind of target.

# vfleet_add_library(name SOURCES a.cc ... LINK vfleet::core ...)   header-only when SOURCES is empty
function(vfleet_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  if(ARG_SOURCES)
    add_library(vfleet_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(vfleet_${name} PUBLIC vfleet_options ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  else()
    add_library(vfleet_${name} INTERFACE)
    target_link_libraries(vfleet_${name} INTERFACE vfleet_options ${ARG_LINK})
  endif()
  add_library(vfleet::${name} ALIAS vfleet_${name})
endfunction()

# vfleet_add_program(vfleet-worker SOURCES main.cc LINK ...)
function(vfleet_add_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE vfleet_options ${ARG_LINK})
endfunction()

# What tests and benchmarks tell the sanitizers. libzmq is not instrumented: TSan cannot judge what it does inside.
set(VFLEET_SANITIZER_ENVIRONMENT
  "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/support/tsan.supp ignore_noninstrumented_modules=1"
  "UBSAN_OPTIONS=print_stacktrace=1")

# vfleet_add_test(name SOURCES a_test.cc ... LINK ... [RUNS vfleet ...] [LABELS unit] [TIMEOUT seconds])
# RUNS: programs that it starts; whoever builds the test alone gets them, too.
# One ctest entry per binary: a process start per TEST would cost more than the tests.
function(vfleet_add_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;RUNS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  if(ARG_RUNS)
    add_dependencies(${name} ${ARG_RUNS})
  endif()
  target_link_libraries(${name} PRIVATE vfleet_options ${ARG_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  # Ends what hangs. On a machine that is busy with other tests the longest took three times as long as alone.
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  set(env ${VFLEET_SANITIZER_ENVIRONMENT} "VFLEET_BIN_DIR=${CMAKE_BINARY_DIR}/bin")
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" ENVIRONMENT "${env}")
endfunction()
